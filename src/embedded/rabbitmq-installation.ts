import { constants } from 'node:fs';
import { access } from 'node:fs/promises';

/**
 * Where the start scripts lie that any user may run: packages for Debian and Red Hat, the generic archive as the container image
 * has it, Homebrew on both kinds of Mac. What `/usr/sbin` holds insists on root or on a user `rabbitmq`.
 */
const START_SCRIPTS = [
  '/usr/lib/rabbitmq/bin/rabbitmq-server',
  '/opt/rabbitmq/sbin/rabbitmq-server',
  '/opt/homebrew/sbin/rabbitmq-server',
  '/usr/local/sbin/rabbitmq-server',
] as const;

/** The start script of this machine's RabbitMQ, the first of `candidates` that may be run; undefined where there is none. */
export async function findRabbitmqServer(candidates: readonly string[] = START_SCRIPTS): Promise<string | undefined> {
  for (const path of candidates) {
    const usable = await access(path, constants.R_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  return undefined;
}

/** Whether `startEmbeddedRabbitmq` has something to start; starts nothing. */
export async function isRabbitmqInstalled(): Promise<boolean> {
  return (await findRabbitmqServer()) !== undefined;
}
