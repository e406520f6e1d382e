import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface SteadyReading {
  readonly url: string;
  readonly connections: number;
  /** Between two requests of a connection. */
  readonly pauseMs: number;
  readonly request: readonly string[];
}

/** Reads at a steady pace while something else is done; resolves with the latencies in milliseconds. */
export async function latenciesDuring(reading: SteadyReading, work: () => Promise<unknown>): Promise<number[]> {
  const thread = new Worker(new URL('./steady-readers-main.js', import.meta.url), { workerData: reading });
  const latencies = once(thread, 'message') as Promise<[number[]]>;
  await once(thread, 'online');
  await work();
  thread.postMessage('stop');
  const [result] = await latencies;
  return result;
}
