import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A line of the service as somebody might spoil it, in the compiled text. */
export interface Breakage {
  readonly title: string;
  /** Below the project's folder. */
  readonly file: string;
  /** Each must be found exactly once. */
  readonly replacements: readonly (readonly [what: string, by: string])[];
}

export const ACKNOWLEDGED_BEFORE_COMMIT: Breakage = {
  title: 'a message is acknowledged before it is committed',
  file: 'dist/amqp/queue-consumer.js',
  replacements: [
    ['let settlement = this.paused ?', 'channel.ack(message); let settlement = this.paused ?'],
    ["this.settle(channel, message, settlement.does !== 'putBack');", ''],
  ],
};

export const TASKS_NOT_AWAITED: Breakage = {
  title: 'the merge of a task update is not awaited',
  file: 'dist/tasks/tasks.service.js',
  replacements: [['const changed = await this.writes.call(', 'const changed = this.writes.call(']],
};

export const LOGS_NOT_AWAITED: Breakage = {
  title: 'the storing of logs is not awaited',
  file: 'dist/logs/logs.service.js',
  replacements: [
    ['await this.store(simulation, logs, reader.spool);', 'void this.store(simulation, logs, reader.spool);'],
  ],
};

export const NO_UNIQUE_KEY: Breakage = {
  title: 'pages have no unique key',
  file: 'prisma/migrations/20261124000000_foundations/migration.sql',
  replacements: [['    CONSTRAINT page_pkey PRIMARY KEY (simulation_id, estimator_no, page_number),\n', '']],
};

/** A build of its own in a temporary folder. */
export interface BrokenBuild {
  readonly main: string;
  remove(): Promise<void>;
}

/** Copies what was built and spoils it; throws where the text to be replaced is not there, so that no test passes by chance. */
export async function breakBuild({ file, replacements }: Breakage): Promise<BrokenBuild> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyhouse-broken-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const ours = resolve('dist/faults');
    await cp('dist', join(folder, 'dist'), { recursive: true, filter: (from) => resolve(from) !== ours });
    await cp('prisma', join(folder, 'prisma'), { recursive: true });
    await cp('package.json', join(folder, 'package.json'));
    await symlink(resolve('node_modules'), join(folder, 'node_modules'));
    let text = await readFile(join(folder, file), 'utf8');
    for (const [what, by] of replacements) {
      const parts = text.split(what);
      if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${what}`);
      text = parts.join(by);
    }
    await writeFile(join(folder, file), text);
    return { main: join(folder, 'dist/main.js'), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
