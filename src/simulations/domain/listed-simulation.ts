import type { Platform } from '../../dispatch/domain/platform.js';
import type { JobState } from './job-state.js';

/** A simulation as a list shows it. */
export interface ListedSimulation {
  readonly id: number;
  readonly job_id: string;
  readonly title: string;
  readonly sim_type: string;
  readonly input_type: 'editor' | 'files';
  readonly job_state: JobState;
  readonly ntasks: number;
  /** Where its tasks are handed out; null where its submitter runs it. */
  readonly platform: Platform | null;
  /** When it was submitted. */
  readonly created_at: Date;
  /** The earliest start that a task reported. */
  readonly start_time: Date | null;
  /** Of a job that has ended: the latest end that was reported, else when it was made final. */
  readonly end_time: Date | null;
}

/** A numbered page of one owner's simulations. */
export interface ListPageRequest {
  readonly ownerId: number;
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
  /** By submission, or by end: what has not ended comes as if it ended last. Ties by number. */
  readonly orderBy: 'created_at' | 'end_time';
  readonly descending: boolean;
  readonly states: readonly JobState[] | undefined;
}

/** What such a page holds; nothing beyond the end. */
export interface ListPage {
  /** Simulations on all pages. */
  readonly total: number;
  readonly listed: readonly ListedSimulation[];
}
