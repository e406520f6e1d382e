import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError, tooLarge } from '../errors/app-error.js';
import type { Transaction } from '../prisma/database.js';
import type { Platform } from './domain/platform.js';
import { largestMessageBytes, type RequestedSimulation } from './domain/task-message.js';
import { WakeSignal } from './domain/wake-signal.js';

/** Who runs the tasks of a submission, and the options for that. */
export interface Dispatch {
  readonly platform: Platform;
  /** A JSON object as sent. */
  readonly batchOptions: string | null;
  /** What the submitter calls the input, for the messages of errors. */
  readonly inputName: string;
}

/** A simulation as the outbox names it. */
export interface DispatchedSimulation {
  readonly id: number;
  readonly jobId: string;
}

/**
 * Owns the outbox: what is to be published is written in the transaction that decided it, and published by a relay
 * (task-relay.ts), whatever crashes in between.
 */
@Injectable()
export class DispatchService {
  /** Whoever has committed something into the outbox wakes the relay of this process; those of others look by themselves. */
  readonly signal = new WakeSignal();

  constructor(@Inject(CONFIG) private readonly config: ServiceConfig) {}

  /**
   * Throws `unavailable` where no RabbitMQ is configured, so that nobody would ever run it, and `tooLarge` where one message
   * could not hold the input.
   */
  admit(simulation: Omit<RequestedSimulation, 'simId'> & Dispatch, inputBytes: number): void {
    if (this.config.rabbitmqUrl === undefined) {
      throw new AppError('unavailable', 'Running simulations needs RabbitMQ, and this server was started without');
    }
    const { maxMessageBytes: limit } = this.config;
    if (largestMessageBytes(simulation, inputBytes) > limit) {
      throw tooLarge(
        `${simulation.inputName}: the message that hands out a task would be larger than the limit of ${limit} bytes`,
      );
    }
  }

  /** Asks for all tasks of a simulation. */
  async request(tx: Transaction, { id, jobId }: DispatchedSimulation, updateKey: string): Promise<void> {
    await tx.query(
      "INSERT INTO task_request (event, simulation_id, job_id, update_key) VALUES ('requested', $1, $2, $3)",
      [id, jobId, updateKey],
    );
  }

  /** Tells those who run it that nobody wants it any more. What was not published of its tasks is not published any more. */
  async cancel(tx: Transaction, { id, jobId }: DispatchedSimulation): Promise<void> {
    await tx.query("INSERT INTO task_request (event, simulation_id, job_id) VALUES ('canceled', $1, $2)", [id, jobId]);
  }

  /** Tasks that were not handed out yet get a simulation's new key. */
  async renewKey(tx: Transaction, simulationId: number, updateKey: string): Promise<void> {
    await tx.query("UPDATE task_request SET update_key = $2 WHERE simulation_id = $1 AND event = 'requested'", [
      simulationId,
      updateKey,
    ]);
  }
}
