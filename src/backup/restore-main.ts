import { readDatabaseSettings } from '../config/config.js';
import { readFolderArguments, runProgram } from './command-line.js';
import { findDatabase } from './find-database.js';
import { restoreBackup } from './restore-backup.js';
import { type VerifiedBackup, verifyBackup } from './verified-backup.js';

const HELP = `npm run restore -- FOLDER [--check]

Restores the backup in FOLDER into an empty database: DATABASE_URL, else the embedded one under DATA_DIR (.data), which is made
where there is none. Every byte is compared with its digest first. All of it is restored in one transaction, or nothing. Stop
the service before, and start it afterwards: the start brings an older backup up to date.

Everybody must log in again; update keys of workers stay good.

  --check   compare only, restore nothing; needs no database
  --help    this text

Exit codes: 0 restored (or, with --check, whole); 1 not; 2 wrong arguments.
`;

/** The program behind `npm run restore`. */
async function main(): Promise<void> {
  const wanted = readFolderArguments(process.argv.slice(2), ['check']);
  if (wanted === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const settings = readDatabaseSettings();
  const backup = await verifyBackup(wanted.folder);
  const { takenAt, tables } = backup.manifest;
  const rows = tables.reduce((total, table) => total + table.rows, 0);
  const what = `backup of ${takenAt}: ${rows} rows of ${tables.length} tables`;
  if (!wanted.flags.check) await restore(settings, backup);
  process.stdout.write(wanted.flags.check ? `Whole: ${what}.\n` : `Restored the ${what}. Start the service now.\n`);
}

async function restore(settings: ReturnType<typeof readDatabaseSettings>, backup: VerifiedBackup): Promise<void> {
  const database = await findDatabase(settings);
  try {
    for (const table of await restoreBackup(backup, database.url)) {
      process.stderr.write(`restore: left out the table "${table}", which is none of Tallyhouse's.\n`);
    }
  } finally {
    await database.close();
  }
}

await runProgram('restore', main);
