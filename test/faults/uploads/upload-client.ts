import type { FaultJob, LogicalWrite } from '../logical-write.js';

/** Where a client sends to, and where it keeps what it can't send. */
export interface UploadSettings {
  readonly job: FaultJob;
  /** Addresses of the doors that it may use. */
  readonly http?: string;
  readonly amqp?: string;
  readonly exchange: string;
  /** A folder. */
  readonly spool: string;
}

/** A client's process that sends what it is told, one write after the other. */
export interface UploadProcess {
  /** Resolves with how many messages it kept in its spool folder, 0 where all were acknowledged; undefined where it was killed. */
  send(write: LogicalWrite): Promise<number | undefined>;
  /** Kills it (SIGKILL); resolves once it is gone. */
  kill(): Promise<void>;
}

/** A worker client, as the authors of workers use it. */
export interface UploadClient {
  readonly name: string;
  start(settings: UploadSettings): UploadProcess;
  /** Sends what waits, in a process of its own; resolves with what is wrong, undefined where all was sent. */
  flush(settings: UploadSettings): Promise<string | undefined>;
}

/** So long a client waits at each step while its network is bad: it gives up soon, so that much can go wrong in a minute. */
export const WAIT_SECONDS = 0.7;
