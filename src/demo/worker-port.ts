import type { Estimator } from './domain/estimator.js';

/** Names the simulation and proves the right to write it. */
export interface WorkerIdentity {
  simulation_id: string;
  update_key: string;
}

/** Body of `POST /results` and of the message `results.save`. Without `partial` the results are final. */
export interface ResultsBody extends WorkerIdentity {
  revision: number;
  partial?: true;
  estimators: Estimator[];
}

/** Body of `POST /logfiles` and of the message `logfiles.save`. */
export interface LogfilesBody extends WorkerIdentity {
  task_id: number;
  logfiles: Record<string, string>;
}

/** Body of `POST /tasks` and of the message `tasks.update`. Times are ISO 8601, `estimated_time` is in seconds. */
export interface TaskBody extends WorkerIdentity {
  task_id: number;
  update_dict: {
    task_state: string;
    requested_primaries: number;
    simulated_primaries: number;
    estimated_time: number;
    start_time?: string;
    end_time?: string;
  };
}

/** A worker's way to the service: it delivers the body or throws. HTTP and AMQP carry the same bodies. */
export interface WorkerPort {
  results(body: ResultsBody): Promise<void>;
  logfiles(body: LogfilesBody): Promise<void>;
  task(body: TaskBody): Promise<void>;
}
