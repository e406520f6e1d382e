/** Of `Worker.results`. */
export interface ResultsOptions {
  /** More will come: the simulation does not end. */
  readonly partial?: boolean | undefined;
  /** Orders versions of a page: an older one replaces nothing. Give improving partial results a growing one. */
  readonly revision?: number | undefined;
  /** Pages after which the simulation ends; needed only where several instances send pages of one simulation. */
  readonly pagesTotal?: number | undefined;
}

/** Texts by name; bytes are read as UTF-8. */
export type LogTexts = Readonly<Record<string, string | Uint8Array>>;

/** A time, as ISO 8601 (UTC where it names no zone). */
type Time = string | Date;

/** What is told of a task, with the names that it has on the wire. */
export interface TaskUpdate {
  /** PENDING, RUNNING, CANCELED, FAILED or COMPLETED; `state` is the same. */
  readonly task_state?: string | undefined;
  readonly state?: string | undefined;
  readonly simulated_primaries?: number | undefined;
  readonly requested_primaries?: number | undefined;
  /** Seconds until its end. */
  readonly estimated_time?: number | undefined;
  readonly start_time?: Time | undefined;
  readonly end_time?: Time | undefined;
}

/** A task among many: `update_dict`, or without it its members beside the `task_id`. */
export interface ListedTask extends TaskUpdate {
  readonly task_id: number;
  readonly update_dict?: TaskUpdate;
}

/** What may be told of the whole simulation beside its state. */
export interface JobUpdate {
  /** Stored as log files. */
  readonly log?: LogTexts | undefined;
  readonly end_time?: Time | undefined;
}
