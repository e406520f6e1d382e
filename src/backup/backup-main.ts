import { readDatabaseSettings } from '../config/config.js';
import { readFolderArguments, runProgram, sizeText } from './command-line.js';
import { DraftFolder } from './draft-folder.js';
import { findExistingDatabase } from './find-database.js';
import { takeBackup } from './take-backup.js';

const HELP = `npm run backup -- FOLDER

Writes a backup of the database into FOLDER, which must not exist yet: everything that users and workers stored, as it is at
one moment. The service may run and goes on meanwhile. The folder gets its name once it is whole and on the disk.

The database is found as the service finds it: DATABASE_URL, else the embedded one under DATA_DIR (.data), whether a service
runs on it or not. Messages that still wait in RabbitMQ, and the secrets under DATA_DIR or in the environment, are not in a
backup: see docs/operating.md.

  --help   this text

Exit codes: 0 the backup is there; 1 it is not; 2 wrong arguments; 130, 143 interrupted, nothing is left.
`;

/** The program behind `npm run backup`. */
async function main(): Promise<void> {
  const wanted = readFolderArguments(process.argv.slice(2), []);
  if (wanted === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const settings = readDatabaseSettings();
  const folder = await DraftFolder.create(wanted.folder);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => {
      folder.discard();
      process.exit(code);
    });
  }
  try {
    await writeBackup(settings, folder, wanted.folder);
  } catch (error) {
    folder.discard();
    throw error;
  }
}

async function writeBackup(
  settings: ReturnType<typeof readDatabaseSettings>,
  folder: DraftFolder,
  name: string,
): Promise<void> {
  const database = await findExistingDatabase(settings);
  try {
    const { tables, takenAt } = await takeBackup(database.url, folder);
    const sum = (of: (table: (typeof tables)[number]) => number) =>
      tables.reduce((total, table) => total + of(table), 0);
    const size = `${sum(({ rows }) => rows)} rows of ${tables.length} tables, ${sizeText(sum(({ bytes }) => bytes))}`;
    process.stdout.write(`Backup of ${takenAt} in ${name}: ${size}.\n`);
  } finally {
    await database.close();
  }
}

await runProgram('backup', main);
