import type { BenchCase } from '../scene.js';
import { COLD_START } from './cold-start.js';
import { CROWDED } from './crowded.js';
import { EMPTY } from './empty.js';
import { POLLING } from './polling.js';
import { POST_X } from './post-large.js';
import { READERS_X } from './readers.js';
import { READS } from './reads.js';
import { TASK_UPDATES } from './task-updates.js';
import { POST_16MB } from './uploads.js';
import { PAGE_UPSERTS } from './upserts.js';

/** Every case of the table, in its order. */
export const BENCH_CASES: readonly BenchCase[] = [
  ...[EMPTY, ...READS, READERS_X, POLLING],
  ...[POST_16MB, POST_X, PAGE_UPSERTS, TASK_UPDATES, CROWDED, COLD_START],
];
