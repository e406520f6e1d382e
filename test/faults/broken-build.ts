import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Text of one file as somebody might spoil it; to be found exactly once. */
interface Edit {
  /** Below the project's folder; of the service the compiled text. */
  readonly file: string;
  readonly what: string | RegExp;
  readonly by: string;
}

export interface Breakage {
  readonly title: string;
  readonly edits: readonly Edit[];
}

const CONSUMER = 'dist/amqp/queue-consumer.js';

export const ACKNOWLEDGED_BEFORE_COMMIT: Breakage = {
  title: 'a message is acknowledged before it is committed',
  edits: [
    {
      file: CONSUMER,
      what: 'let settlement = this.paused ?',
      by: 'channel.ack(message); let settlement = this.paused ?',
    },
    { file: CONSUMER, what: "this.settle(channel, message, settlement.does !== 'putBack');", by: '' },
  ],
};

export const TASKS_NOT_AWAITED: Breakage = {
  title: 'the merge of a task update is not awaited',
  edits: [
    {
      file: 'dist/tasks/tasks.service.js',
      what: 'const changed = await this.writes.call(',
      by: 'const changed = this.writes.call(',
    },
  ],
};

export const LOGS_NOT_AWAITED: Breakage = {
  title: 'the storing of logs is not awaited',
  edits: [
    {
      file: 'dist/logs/logs.service.js',
      what: 'await this.store(simulation, logs, reader.spool);',
      by: 'void this.store(simulation, logs, reader.spool);',
    },
  ],
};

export const RESULTS_NOT_AWAITED: Breakage = {
  title: 'the answer to results does not wait for them',
  edits: [
    {
      file: 'dist/results/results.controller.js',
      what: 'await this.results.save(body);',
      by: 'void this.results.save(body).catch(() => undefined);',
    },
  ],
};

export const COMMIT_NOT_AWAITED: Breakage = {
  title: 'the commit is not awaited',
  edits: [
    {
      file: 'dist/prisma/database.js',
      what: "await tx.query('COMMIT');",
      by: "void tx.query('COMMIT').catch(() => undefined);",
    },
  ],
};

const WITHOUT_KEY: Edit = {
  file: 'prisma/migrations/20261124000000_foundations/migration.sql',
  what: '    CONSTRAINT page_pkey PRIMARY KEY (simulation_id, estimator_no, page_number),\n',
  by: '',
};

const PAGES = 'dist/results/ingest/store-pages.js';

export const PAGES_INSERTED_ALWAYS: Breakage = {
  title: 'pages have no unique key, and are never replaced',
  edits: [WITHOUT_KEY, { file: PAGES, what: 'await removePages(tx, simulationId, found.replaced);', by: '' }],
};

export const STORED_NOT_LOOKED_AT: Breakage = {
  title: 'nobody looks at which pages are stored',
  edits: [{ file: PAGES, what: 'update.isFirst ?', by: 'true ?' }],
};

/** A build of its own in a temporary folder. */
export interface BrokenBuild {
  readonly main: string;
  remove(): Promise<void>;
}

/** Copies what was built and spoils it; throws where the text to be replaced is not there, so that no test passes by chance. */
export async function breakBuild({ edits }: Breakage): Promise<BrokenBuild> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyhouse-broken-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const ours = resolve('dist/faults');
    await cp('dist', join(folder, 'dist'), { recursive: true, filter: (from) => resolve(from) !== ours });
    await cp('prisma', join(folder, 'prisma'), { recursive: true });
    await cp('package.json', join(folder, 'package.json'));
    await symlink(resolve('node_modules'), join(folder, 'node_modules'));
    for (const edit of edits) await spoil(folder, edit);
    return { main: join(folder, 'dist/main.js'), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function spoil(folder: string, { file, what, by }: Edit): Promise<void> {
  const path = join(folder, file);
  const parts = (await readFile(path, 'utf8')).split(what);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${String(what)}`);
  await writeFile(path, parts.join(by));
}
