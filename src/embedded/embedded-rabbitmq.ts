import { type FolderLock, lockFolder } from './folder-lock.js';
import { KeptNode } from './kept-node.js';
import { endPreviousNode } from './previous-node.js';
import { createPrivateFolder } from './private-folder.js';
import { BROKER_USER, prepareRabbitmqHome, type RabbitmqHome } from './rabbitmq-home.js';
import { findRabbitmqServer } from './rabbitmq-installation.js';
import { launchRabbitmq, type RabbitmqNode } from './rabbitmq-node.js';

export interface EmbeddedRabbitmq {
  /** `amqp://tallyhouse:<password>@127.0.0.1:<port>/`. */
  readonly url: string;
  /** Graceful shutdown, within bounds; the folder is free for others afterwards. */
  stop(): Promise<void>;
}

export interface EmbeddedRabbitmqOptions {
  /** Holds the messages, the password, the log and the lock; created with mode 0700. */
  readonly folder: string;
  /** Where AMQP listens; a free port if left out. */
  readonly port?: number;
  /** The node ended although `stop()` was not called, or could not be started again; it is (or will be) started once more. */
  readonly onExit?: (reason: string) => void;
}

/**
 * Starts a RabbitMQ node of our own on 127.0.0.1, from the RabbitMQ that is installed on this machine, that keeps its queues in a
 * folder and ends with this process whatever ends it. It works as an ordinary user and as root. One that ends by itself is
 * started again on the same port.
 * @returns undefined where no RabbitMQ is installed
 * @throws {StartError} (by promise) if the folder is in use or not writable, or the node does not start.
 */
export async function startEmbeddedRabbitmq(options: EmbeddedRabbitmqOptions): Promise<EmbeddedRabbitmq | undefined> {
  const startScript = await findRabbitmqServer();
  if (startScript === undefined) return undefined;
  const folder = await createPrivateFolder(options.folder, 'RabbitMQ');
  const lock = await lockFolder(folder);
  try {
    const home = await prepareRabbitmqHome(folder);
    await endPreviousNode(folder, home.name);
    const launch = (port?: number, signal?: AbortSignal) => launchRabbitmq({ home, startScript, port, signal });
    const node = await launch(options.port);
    const kept = new KeptNode(node, launch, options.onExit ?? (() => undefined));
    return { url: urlOf(home, node), stop: stopOnce(kept, lock) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function urlOf({ password }: RabbitmqHome, { port }: RabbitmqNode): string {
  return `amqp://${BROKER_USER}:${password}@127.0.0.1:${port}/`;
}

function stopOnce(node: KeptNode, lock: FolderLock): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  return () => (stopping ??= node.stop().finally(() => lock.release()));
}
