import { buffer } from 'node:stream/consumers';
import { PATHS } from '../../../src/worker-client/message.js';
import { AdminClient } from '../../support/admin.js';
import { logIn } from '../../support/client.js';
import { ADMIN } from '../../support/service.js';
import { StoredState } from '../../support/stored.js';
import { AmqpSender } from '../amqp-sender.js';
import { type FaultScene, USER } from '../fault-scene.js';
import { type Door, type Effect, type FaultJob, sha256 } from '../logical-write.js';
import {
  type Beyond,
  holdsAtLeast,
  members,
  type RefusedRequest,
  type UserRequest,
  type Within,
  type WorkerLimit,
} from './limit.js';
import { type CallerAnswer, callWithin } from './limit-caller.js';
import { pageOf, pagesEffect } from './results-limits.js';
import { type Encoding, SizedBody } from './sized-body.js';

/** One body on its way through one door. */
export interface Delivery<S extends Within | Beyond> {
  readonly limit: WorkerLimit;
  readonly sent: S;
  readonly door: Door;
  readonly encoding: Encoding;
}

interface DeadLetter {
  readonly id: number;
  readonly routing_key: string;
  readonly reason: string;
  readonly error: string;
  readonly body_sha256: string;
}

const REASON = { 400: 'invalid', 413: 'tooLarge' } as const;

/** Sends what is at and beyond the limits, and says what is wrong about the answers. */
export class LimitsRun {
  /** SHA-256 of a refused message, as it was sent → whose it is. */
  private readonly refused = new Map<string, Delivery<Beyond>>();
  /** Body → what HTTP answered to it. */
  private readonly said = new Map<string, string>();

  private constructor(
    private readonly scene: FaultScene,
    private readonly tokens: Readonly<Record<NonNullable<UserRequest['as']>, string | undefined>>,
    private readonly amqp: AmqpSender,
    private readonly state: StoredState,
  ) {}

  static async open(scene: FaultScene): Promise<LimitsRun> {
    const { url } = scene.instance;
    const tokens = { user: await logIn(url, USER), admin: await logIn(url, ADMIN), nobody: undefined };
    const amqp = new AmqpSender(scene.world.brokerUrl, `${scene.prefix}ingest`, scene.sightings);
    return new LimitsRun(scene, tokens, amqp, await StoredState.of(scene.databaseUrl));
  }

  async close(): Promise<void> {
    await this.amqp.close();
    await this.state.close();
  }

  /** The job that users read has pages of the least and of the largest number. */
  async store(job: FaultJob): Promise<void> {
    const pages = [pageOf(0), pageOf(2_147_483_647)];
    const content = { partial: true, estimators: [{ name: 'D', pages }] };
    const write = { job, content, effect: pagesEffect('D', pages), door: 'http', ...ROUTE } as const;
    await this.scene.loadPlan(1, [[write]]);
  }

  /** A body beyond its limit: refused at once, or a message that must be dead-lettered. */
  async refuse(delivery: Delivery<Beyond>, job: FaultJob): Promise<void> {
    const { sent, door } = delivery;
    const body = bodyOf(delivery, job);
    if (door === 'amqp') {
      this.refused.set(await this.publish(delivery, body), delivery);
      return;
    }
    const { status, json } = await this.post(delivery, body);
    const message = String(json['message']);
    const isRight = status === sent.status && message.includes(sent.error) && json['status_code'] === status;
    this.judge(titleOf(delivery), isRight, `${status} ${message}`);
    this.said.set(labelOf(delivery), message);
  }

  /** A body within its limit: accepted, and from now on to be read back. */
  async accept(delivery: Delivery<Within>, job: FaultJob): Promise<void> {
    const body = bodyOf(delivery, job);
    const acknowledge = (delivery.sent.effects?.(body.fill) ?? []).map((effect) => this.attempt(job, effect));
    if (delivery.door === 'amqp') {
      await this.publish(delivery, body);
    } else {
      const { status, json } = await this.post(delivery, body);
      this.judge(titleOf(delivery), status === 202, `${status} ${String(json['message'])}`);
      if (status !== 202) return;
    }
    for (const done of acknowledge) done();
  }

  /** What the ledger does not know of. */
  async readBack(delivery: Delivery<Within>, { job_id }: FaultJob): Promise<void> {
    const { reads } = delivery.sent;
    if (reads === undefined) return;
    const { json } = await this.get(`${reads.path}?job_id=${job_id}`, 'user');
    this.judge(`${titleOf(delivery)}, read back`, holdsAtLeast(json, reads.like), shortened(json));
  }

  async refuseUser(limit: string, request: RefusedRequest): Promise<void> {
    const { status, json } = await this.ask(request);
    const isRight = status === request.status && String(json['message']).includes(request.error);
    this.judge(`${limit}, ${request.what}`, isRight, `${status} ${shortened(json)}`);
  }

  async acceptUser(limit: string, request: UserRequest): Promise<void> {
    const title = `${limit}, ${request.what}`;
    const { status, json } = await this.ask(request);
    const isRight = status >= 200 && status < 300 && holdsAtLeast(json, request.like ?? {});
    this.judge(title, isRight, `${status} ${shortened(json)}`);
    const { reads } = request;
    if (reads === undefined) return;
    const shown = (await this.get(reads.path, request.as ?? 'user')).json;
    this.judge(`${title}, read back`, holdsAtLeast(shown, reads.like), shortened(shown));
  }

  async expectNothingStored(work: () => Promise<void>): Promise<void> {
    const before = JSON.stringify(await this.state.fingerprint());
    await work();
    if (JSON.stringify(await this.state.fingerprint()) !== before) this.scene.fail('what was refused left a trace');
  }

  /** Every message that was beyond a limit is a dead letter, whole, with the words that HTTP has for it; and no other is. */
  async expectLetters(): Promise<void> {
    const admin = new AdminClient(this.scene.instance.url, this.tokens.admin as string);
    const list = (await admin.walk('/admin/dead-letters', 'dead_letters', 100)) as unknown as DeadLetter[];
    this.scene.figures['dead letters'] = list.length;
    const missing = new Map(this.refused);
    for (const { id } of list) {
      const letter = (await admin.call(`/admin/dead-letters/${id}`)).json()['dead_letter'] as DeadLetter;
      const delivery = missing.get(letter.body_sha256);
      missing.delete(letter.body_sha256);
      if (delivery === undefined) this.scene.fail(`${letter.routing_key} is dead-lettered: ${letter.error}`);
      else this.judge(titleOf(delivery), this.isRight(letter, delivery), `${letter.reason} ${letter.error}`);
    }
    for (const delivery of missing.values()) this.scene.fail(`${titleOf(delivery)}: is not dead-lettered`);
  }

  private isRight(letter: DeadLetter, delivery: Delivery<Beyond>): boolean {
    const { limit, sent } = delivery;
    const said = this.said.get(labelOf(delivery));
    const hasWords = said === undefined ? letter.error.includes(sent.error) : letter.error === said;
    return hasWords && letter.reason === REASON[sent.status] && letter.routing_key === limit.route;
  }

  /** Gives the SHA-256 of the message. */
  private async publish(delivery: Delivery<Within | Beyond>, body: SizedBody): Promise<string> {
    const { limit, encoding } = delivery;
    const message = await buffer(body.stream(encoding));
    const isConfirmed = await this.amqp.publish(limit.route, message, encoding);
    if (!isConfirmed) this.scene.fail(`${titleOf(delivery)}: was not confirmed`);
    return sha256(message);
  }

  private async post({ limit, encoding }: Delivery<Within | Beyond>, body: SizedBody): Promise<CallerAnswer> {
    return callWithin(this.scene.instance.url + PATHS[limit.route], { method: 'POST', body, encoding });
  }

  private async ask({ method = 'GET', as = 'user', path, content, headBytes }: UserRequest): Promise<CallerAnswer> {
    const body = content === undefined ? undefined : SizedBody.of(content);
    return callWithin(this.scene.instance.url + path, { method, token: this.tokens[as], body, headBytes });
  }

  private async get(path: string, as: NonNullable<UserRequest['as']>): Promise<CallerAnswer> {
    return callWithin(this.scene.instance.url + path, { token: this.tokens[as] });
  }

  private attempt(job: FaultJob, effect: Effect): () => void {
    // Only the effect counts here: one body may have thousands.
    return this.scene.ledger.attempt({ job, effect, content: {}, door: 'http', ...ROUTE });
  }

  private judge(title: string, isRight: boolean, found: string): void {
    if (!isRight) this.scene.fail(`${title}: ${found.slice(0, 300)}`);
  }
}

const ROUTE = { path: '/results', routingKey: 'results.save' } as const;

function labelOf({ limit, sent }: Delivery<Within | Beyond>): string {
  return `${limit.name}: ${sent.what}`;
}

function titleOf(delivery: Delivery<Within | Beyond>): string {
  return `${labelOf(delivery)} (${delivery.door}, ${delivery.encoding})`;
}

/** The same bytes through both doors, and unlike those of any other limit. */
function bodyOf(delivery: Delivery<Within | Beyond>, { job_id, update_key }: FaultJob): SizedBody {
  const { content, keyLast, isWhole } = delivery.sent;
  const simulation = isWhole === true ? {} : { simulation_id: job_id, update_key };
  return SizedBody.of(content, members({ limit: labelOf(delivery), ...simulation }), keyLast);
}

function shortened(json: unknown): string {
  return JSON.stringify(json).slice(0, 300);
}
