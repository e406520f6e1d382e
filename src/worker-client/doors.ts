import { setTimeout as sleep } from 'node:timers/promises';
import { AmqpPublisher } from './amqp-publisher.js';
import { backoff } from './backoff.js';
import { Away, type Door, NoDoor } from './door.js';
import { HttpPoster } from './http-poster.js';
import type { Message } from './message.js';
import { InvalidInput } from './worker-errors.js';
import type { WorkerSettings } from './worker-settings.js';

/** The ways to the service that are configured: RabbitMQ first, then HTTP. */
export class Doors {
  private hasGivenUp = false;
  private readonly doors: readonly Door[];

  /** Throws InvalidInput where there is no way, or an address is none. */
  constructor(private readonly settings: WorkerSettings) {
    const { amqpUrl, httpUrl } = settings;
    const amqp = amqpUrl !== '' && AmqpPublisher.isInstalled ? [new AmqpPublisher(amqpUrl, settings)] : [];
    const http = httpUrl !== '' ? [new HttpPoster(httpUrl, settings, settings.signal)] : [];
    this.doors = [...amqp, ...http];
    if (this.doors.length > 0) return;
    throw new InvalidInput(
      amqpUrl === ''
        ? 'where to send: set TALLYHOUSE_URL, RABBITMQ_URL or both'
        : 'amqplib is not installed, so TALLYHOUSE_URL is needed',
    );
  }

  /** True from when patience came to an end until something works again. */
  get isAway(): boolean {
    return this.hasGivenUp;
  }

  /** Be patient again. */
  hope(): void {
    this.hasGivenUp = false;
  }

  takes(message: Message): boolean {
    return this.doors.some((door) => door.takes(message));
  }

  /** One try at each; rejects with Refused, or with an Away that has the reasons of all. */
  async try(message: Message): Promise<Door['name']> {
    if (!this.takes(message)) throw new NoDoor(message.inflatedBytes);
    const failures: Away[] = [];
    for (const door of this.doors.toSorted((one, other) => Number(one.isResting) - Number(other.isResting))) {
      if (!door.takes(message)) continue;
      this.settings.signal?.throwIfAborted();
      try {
        await door.send(message);
        this.hasGivenUp = false;
        return door.name;
      } catch (error) {
        if (!(error instanceof Away)) throw error;
        this.settings.signal?.throwIfAborted();
        const text = `${message.route} is not sent: ${error.message}`;
        this.settings.onNotice({ level: 'info', text, failed: { door: door.name, reason: error.message } });
        failures.push(error);
      }
    }
    throw bothAway(failures);
  }

  /** Tries until the patience (in seconds) is at an end; rejects with the last Away then. `failure`: of a try just before. */
  async deliver(message: Message, patience: number, failure?: Away): Promise<Door['name']> {
    const deadline = performance.now() + patience * 1000;
    for (let attempt = 0, last = failure; ; attempt += 1) {
      if (last) await this.wait(attempt, last, deadline);
      try {
        return await this.try(message);
      } catch (error) {
        if (!(error instanceof Away) || error instanceof NoDoor) throw error;
        last = error;
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.doors.map((door) => door.close()));
  }

  /** Rejects with the failure where the wait would end behind the deadline. */
  private async wait(attempt: number, failure: Away, deadline: number): Promise<void> {
    const seconds = backoff(attempt, failure.retryAfter, Math.random());
    if (performance.now() + seconds * 1000 > deadline) {
      this.hasGivenUp = true;
      throw failure;
    }
    this.settings.onNotice({ level: 'info', text: `again in ${seconds.toFixed(1)} s: ${failure.message}` });
    await sleep(seconds * 1000, undefined, { signal: this.settings.signal });
  }
}

function bothAway(failures: readonly Away[]): Away {
  const wishes = failures.map(({ retryAfter }) => retryAfter).filter((wish) => wish !== undefined);
  const retryAfter = wishes.length === failures.length ? Math.min(...wishes) : undefined;
  return new Away(failures.map(({ message }) => message).join('; '), retryAfter);
}
