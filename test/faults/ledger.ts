import type { Effect, FaultJob, LogicalWrite, TaskEffect } from './logical-write.js';

/** A write that may have been applied: attempted, and perhaps acknowledged. */
export interface Entry<E> {
  readonly effect: E;
  acknowledged: boolean;
}

type Kind<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** All that was sent of one simulation. */
export interface JobEntries {
  readonly job: FaultJob;
  /** Estimator → its revisions. */
  readonly estimators: Map<string, Entry<Kind<'pages'>>[]>;
  readonly logs: Map<string, Entry<Kind<'log'>>>;
  readonly tasks: Map<number, Entry<TaskEffect>[]>;
  readonly finals: Entry<Kind<'final'>>[];
}

/** Keeps every write from before its first send, and whether it was acknowledged: 2xx, or confirmed by the broker. */
export class Ledger {
  readonly jobs: readonly JobEntries[];
  attempted = 0;
  acknowledged = 0;
  private readonly byId: ReadonlyMap<string, JobEntries>;
  private readonly waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();
  private closed = false;

  constructor(jobs: readonly FaultJob[]) {
    this.jobs = jobs.map((job) => ({
      job,
      estimators: new Map(),
      logs: new Map(),
      tasks: new Map(),
      finals: [],
    }));
    this.byId = new Map(this.jobs.map((entries) => [entries.job.job_id, entries]));
  }

  /** To be called before a write is sent at all; gives what is to be called once it is acknowledged. */
  attempt(write: LogicalWrite): () => void {
    this.attempted += 1;
    const entry = this.enter(this.byId.get(write.job.job_id) as JobEntries, write.effect);
    return () => {
      if (entry.acknowledged) return;
      entry.acknowledged = true;
      this.acknowledged += 1;
      this.wake();
    };
  }

  /** Resolves once so many writes are acknowledged, or no more will be. */
  async until(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.add({ count, resolve });
      this.wake();
    });
  }

  /** No more will come. */
  close(): void {
    this.closed = true;
    this.wake();
  }

  private wake(): void {
    for (const one of this.waiting) {
      if (this.acknowledged < one.count && !this.closed) continue;
      this.waiting.delete(one);
      one.resolve();
    }
  }

  private enter(entries: JobEntries, effect: Effect): { acknowledged: boolean } {
    switch (effect.kind) {
      case 'pages':
        return appended(entries.estimators, effect.estimator, effect);
      case 'task':
        return appended(entries.tasks, effect.update.taskId, effect.update);
      case 'log': {
        const entry = { effect, acknowledged: false };
        entries.logs.set(effect.name, entry);
        return entry;
      }
      case 'final': {
        const entry = { effect, acknowledged: false };
        entries.finals.push(entry);
        return entry;
      }
    }
  }
}

function appended<K, E>(map: Map<K, Entry<E>[]>, key: K, effect: E): Entry<E> {
  const entry = { effect, acknowledged: false };
  const list = map.get(key);
  if (list === undefined) map.set(key, [entry]);
  else list.push(entry);
  return entry;
}
