import { createHash } from 'node:crypto';

export type Door = 'http' | 'amqp';
export const TASK_STATES = ['PENDING', 'RUNNING', 'CANCELED', 'FAILED', 'COMPLETED'] as const;

/** A simulation as its worker knows it. */
export interface FaultJob {
  readonly job_id: string;
  readonly update_key: string;
}

/** A page in the API reference's shape. */
export interface SentPage {
  readonly page_number: number;
  readonly name: string;
  readonly data: {
    readonly values: readonly number[];
    readonly dimensions: readonly number[][];
    readonly unit: string;
  };
}

/** What must be read back once a write is acknowledged, unless a later one supersedes it. */
export type Effect =
  | {
      readonly kind: 'pages';
      readonly estimator: string;
      readonly revision: number;
      /** Page number → SHA-256 of the page. */
      readonly digests: ReadonlyMap<number, string>;
    }
  | { readonly kind: 'log'; readonly name: string; readonly digest: string }
  | { readonly kind: 'task'; readonly update: TaskEffect }
  | { readonly kind: 'final' };

export interface TaskEffect {
  readonly taskId: number;
  readonly state: (typeof TASK_STATES)[number];
  readonly simulated: number;
  /** ISO 8601, as it is read back. */
  readonly startTime: string;
}

/** One thing that a worker wants stored, however often and through whichever door it is sent. */
export interface LogicalWrite {
  readonly job: FaultJob;
  readonly door: Door;
  readonly path: '/results' | '/logfiles' | '/tasks';
  readonly routingKey: 'results.save' | 'logfiles.save' | 'tasks.update';
  /** JSON, without the simulation and its key. */
  readonly content: object;
  readonly effect: Effect;
}

/** The body of a write, the same through both doors. */
export function bodyOf({ job, content }: LogicalWrite): Buffer {
  return Buffer.from(JSON.stringify({ simulation_id: job.job_id, update_key: job.update_key, ...content }));
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The same for a page that was sent and one that was read back, whatever the order of its keys. */
export function digestOfPage({ page_number, name, data }: SentPage): string {
  return sha256(JSON.stringify([page_number, name, data.unit, data.dimensions, data.values]));
}
