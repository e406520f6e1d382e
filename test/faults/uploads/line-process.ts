import type { WorkerProcess } from '../../support/worker-process.js';
import type { LogicalWrite } from '../logical-write.js';
import type { UploadProcess, UploadSettings } from './upload-client.js';

/** A program that takes a write a line, and prints how many messages of it are in the spool folder. */
export class LineProcess implements UploadProcess {
  private isKilled = false;

  constructor(private readonly worker: WorkerProcess) {}

  async send({ path, content }: LogicalWrite): Promise<number | undefined> {
    this.worker.tell(JSON.stringify([path, content]));
    const line = await this.worker.nextLine();
    if (line !== undefined || this.isKilled) return line === undefined ? undefined : Number(line);
    const { code, complaints } = await this.worker.end;
    throw new Error(`the client ended with ${code}: ${complaints}`);
  }

  async kill(): Promise<void> {
    this.isKilled = true;
    this.worker.kill();
    await this.worker.end;
  }
}

/** What both clients are told by. Without patience a call tries each door once, and then keeps the message. */
export function environmentOf({ job, http, amqp, exchange, spool }: UploadSettings): Record<string, string> {
  return {
    SIMULATION_ID: job.job_id,
    UPDATE_KEY: job.update_key,
    EXCHANGE: exchange,
    TALLYHOUSE_SPOOL: spool,
    TALLYHOUSE_PATIENCE: '0',
    ...(http === undefined ? {} : { TALLYHOUSE_URL: http }),
    ...(amqp === undefined ? {} : { RABBITMQ_URL: amqp }),
  };
}

/** Waits for a `flush`; resolves with what is wrong, undefined where all was sent. */
export async function flushed(flush: WorkerProcess): Promise<string | undefined> {
  const { code, output, complaints } = await flush.feed('').end;
  const isDone = code === 0 && output.endsWith(', set aside 0, still waiting 0');
  return isDone ? undefined : `exit code ${code}: ${output} ${complaints}`;
}
