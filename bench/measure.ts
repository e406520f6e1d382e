import { type Load, runLoad } from './client/load.js';
import { quantile } from './report/spread.js';
import { familyProcessorMs } from './world/processor-time.js';
import { ResidentWatch } from './world/resident-watch.js';
import type { ServerProcess } from './world/server-process.js';

/** One slice of load on one subject. */
export interface Sample {
  readonly requests: number;
  /** CPU milliseconds a request, of the server's process and of all of PostgreSQL's. */
  readonly serverMs: number;
  readonly databaseMs: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly residentGrowthMiB: number;
  readonly loopP99Ms: number;
  readonly loopLongestMs: number;
  readonly bodyBytes: number;
}

/** What a piece of work amounted to. */
export interface Work {
  readonly requests: number;
  readonly latencies: readonly number[];
  readonly bodyBytes: number;
}

/** Does some work on a server and takes its account, and the database's. */
export async function measured(server: ServerProcess, postmaster: number, work: () => Promise<Work>): Promise<Sample> {
  const before = await server.begin();
  const databaseBefore = familyProcessorMs(postmaster);
  const resident = new ResidentWatch(server.pid);
  const since = performance.now();
  const { requests, latencies, bodyBytes } = await work();
  const seconds = (performance.now() - since) / 1000;
  const after = await server.usage();
  const databaseMs = familyProcessorMs(postmaster) - databaseBefore;
  return {
    requests,
    serverMs: (after.processorMs - before.processorMs) / requests,
    databaseMs: databaseMs / requests,
    perSecond: requests / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    residentGrowthMiB: resident.growth(),
    loopP99Ms: after.loopP99Ms,
    loopLongestMs: after.loopLongestMs,
    bodyBytes,
  };
}

/** Of a slice's length, for which a subject runs before it is measured. */
const LEAD_IN = 0.5;

/**
 * A slice of HTTP load. Where it goes by time, the subject runs by itself for a while first: how often garbage is collected
 * depends on what ran before, by a factor of several for what allocates buffers.
 */
export async function measuredLoad(
  server: ServerProcess,
  postmaster: number,
  load: Omit<Load, 'url'>,
): Promise<Sample> {
  await server.settle();
  if (load.seconds > 0) {
    await runLoad({ ...load, url: server.url, seconds: load.seconds * LEAD_IN, leastRequests: load.connections });
  }
  return measured(server, postmaster, async () => {
    const { latencies, bodyBytes } = await runLoad({ ...load, url: server.url });
    return { requests: latencies.length, latencies, bodyBytes };
  });
}

/** The service or a yardstick, and how one slice of it is measured. */
export interface Subject {
  readonly name: string;
  readonly slice: () => Promise<Sample>;
}

/** Samples by subject, one a round. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/**
 * Measures the subjects in turn, round by round, every other round backwards, so that what drifts (temperature, neighbours,
 * caches) meets all of them alike. A first round warms up and is not counted.
 */
export async function interleaved(subjects: readonly Subject[], rounds: number): Promise<Samples> {
  const samples = new Map(subjects.map(({ name }) => [name, [] as Sample[]]));
  for (const { slice } of subjects) await slice();
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? subjects : [...subjects].reverse();
    for (const { name, slice } of order) samples.get(name)?.push(await slice());
  }
  return samples;
}
