import { parentPort, workerData } from 'node:worker_threads';
import { runLoad } from './load.js';
import type { SteadyReading } from './steady-readers.js';

// Reads at a steady pace until it is told to stop, in a thread of its own so that nothing else of the bench delays it.
const { url, connections, pauseMs, request } = workerData as SteadyReading;
let seconds = Infinity;
parentPort?.once('message', () => (seconds = 0));
const result = await runLoad({
  ...{ url, connections, pauseMs, leastRequests: 0, status: 200, request: () => request },
  get seconds() {
    return seconds;
  },
});
parentPort?.postMessage(result.latencies);
