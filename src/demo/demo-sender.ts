import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Notice } from '../worker-client/notice.js';
import { Worker } from '../worker-client/worker.js';
import { Refused } from '../worker-client/worker-errors.js';
import { DemoError } from './demo-error.js';
import type { DemoLogin, WorkerIdentity } from './demo-session.js';

/** A restarting server is back by then; in a show nobody waits longer. */
const PATIENCE_S = 15;

/** What sends for the demo's workers: the worker client, over RabbitMQ where there is one, with a spool folder of its own. */
export class DemoSender {
  private keeps = false;

  private constructor(
    readonly worker: Worker,
    private readonly spoolDir: string,
    private readonly url: URL,
  ) {}

  /** `tell` hears, once, that RabbitMQ takes no messages. The signal ends every wait. */
  static async open(
    { url, amqp }: DemoLogin,
    identity: WorkerIdentity,
    signal: AbortSignal,
    tell: (reason: string) => void,
  ): Promise<DemoSender> {
    const spoolDir = await mkdtemp(join(tmpdir(), 'tallyhouse-demo-spool-'));
    let told = false;
    const onNotice = ({ failed }: Notice): void => {
      if (failed?.door === 'amqp' && !told) {
        told = true;
        tell(failed.reason);
      }
    };
    const settings = { httpUrl: url.href, amqpUrl: amqp?.url ?? '', exchange: `${amqp?.prefix ?? ''}ingest` };
    const worker = new Worker({ ...identity, ...settings, spoolDir, patience: PATIENCE_S, signal, onNotice });
    return new DemoSender(worker, spoolDir, url);
  }

  /** Sends what was kept on the way. Throws a DemoError that says how to send the rest. */
  async finish(): Promise<void> {
    const { left, refused } = await this.worker.flush();
    if (refused.length > 0) throw new DemoError(`The server refused what was sent late: ${refused.join('; ')}`);
    if (left > 0) {
      this.keeps = true;
      const command = `npm run worker -- flush --url ${this.url.href} --spool ${this.spoolDir}`;
      throw new DemoError(`No answer from ${this.url.origin}; ${left} messages are kept. Send them with: ${command}`);
    }
  }

  /** Leaves the spool folder behind only where `finish` said how to send the rest. */
  async close(): Promise<void> {
    await this.worker.close();
    if (!this.keeps) await rm(this.spoolDir, { recursive: true, force: true });
  }
}

/** What the service refuses, as a sentence for the user; anything else as it is. */
export function asDemoError(error: unknown): unknown {
  return error instanceof Refused ? new DemoError(`T${error.message.slice(1)}.`) : error;
}
