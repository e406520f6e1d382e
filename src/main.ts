import { ConfigError, readConfig } from './config/config.js';
import { StartError } from './embedded/start-error.js';
import { HELP, readArguments } from './start/command-line.js';
import { letHeapGrow } from './start/heap-growth.js';
import { Service } from './start/service.js';

letHeapGrow();

const service = new Service();
let stopping = false;
let stopSeconds = 10;

/** Once: stop in order. A second signal ends at once, and so does the end of the time that what is in flight gets. */
function stop(): void {
  if (stopping) process.exit(130);
  stopping = true;
  setTimeout(() => process.exit(1), stopSeconds * 1000).unref();
  void service.stop().then(
    () => process.exit(0),
    (error: unknown) => fail(error),
  );
}

function fail(error: unknown): void {
  const expected = error instanceof StartError || error instanceof ConfigError;
  process.stderr.write(`${expected ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  if (readArguments(process.argv.slice(2)).help) {
    process.stdout.write(HELP);
    return;
  }
  const config = readConfig();
  ({ stopSeconds } = config);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.stdout.write(await service.start(config));
}

main().catch(async (error: unknown) => {
  if (stopping) return;
  await service.stop().catch(() => undefined);
  fail(error);
});
