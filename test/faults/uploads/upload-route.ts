import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { LegFault } from '../../support/proxy-leg.js';
import { type Direction, TcpProxy } from '../../support/tcp-proxy.js';
import type { FaultScene } from '../fault-scene.js';
import { bodyOf, type Door, type FaultJob, type LogicalWrite } from '../logical-write.js';
import type { SeededRandom } from '../random.js';
import type { UploadClient, UploadProcess, UploadSettings } from './upload-client.js';

/** What becomes of the network once so many bytes of an upload, or of its answer, went through. */
export interface UploadFault {
  readonly name: string;
  readonly direction: Direction;
  readonly after: (bytes: number) => LegFault;
}

/** Bytes that come before an upload: the headers of HTTP, the greetings of AMQP. */
const GREETING_BYTES = 600;
/** An answer of HTTP, or AMQP's greetings and its confirm. */
const ANSWER_BYTES = 700;
/** So fast the network is while the client is killed: fast enough for a small upload, too slow for a large one. */
const SLOW_BYTES_PER_SECOND = 400_000;
const KILLED_WITHIN_MS = 600;

/** One client with one simulation, its own networks to the doors that it may use, and its own spool folder. */
export class UploadRoute {
  private process: UploadProcess;

  private constructor(
    private readonly scene: FaultScene,
    private readonly client: UploadClient,
    private readonly settings: UploadSettings,
    private readonly networks: readonly TcpProxy[],
    private readonly random: SeededRandom,
  ) {
    this.process = client.start(settings);
  }

  static async open(
    scene: FaultScene,
    client: UploadClient,
    job: FaultJob,
    doors: readonly Door[],
    random: SeededRandom,
  ): Promise<UploadRoute> {
    const targets = doors.map((door) => (door === 'http' ? scene.instance.url : scene.world.brokerUrl));
    const networks = await Promise.all(targets.map((target) => TcpProxy.to(target)));
    const addresses: Partial<Record<Door, string>> = {};
    for (const [index, { url }] of networks.entries()) addresses[doors[index] as Door] = url;
    const spool = await mkdtemp(join(tmpdir(), 'tallyhouse-spool-'));
    const settings = { job, ...addresses, exchange: `${scene.prefix}ingest`, spool };
    return new UploadRoute(scene, client, settings, networks, random);
  }

  async close(): Promise<void> {
    await this.process.kill();
    await Promise.all(this.networks.map((network) => network.close()));
    await rm(this.settings.spool, { recursive: true, force: true });
  }

  /** Sends writes over a network that dies in the middle of the first, and what it kept once the network is back. */
  async sendThrough({ name, direction, after }: UploadFault, writes: readonly LogicalWrite[]): Promise<void> {
    const upload = GREETING_BYTES + uploadBytes(writes[0] as LogicalWrite);
    const bytes = this.random.integer(0, direction === 'up' ? upload : ANSWER_BYTES);
    // With two doors one of them may live.
    const dying = this.random.integer(0, 1) === 0 ? this.networks : [this.random.pick(this.networks)];
    for (const network of dying) network.spoil(after(bytes), [direction]);
    const kept: (() => void)[] = [];
    for (const write of writes) {
      const acknowledge = this.scene.ledger.attempt(write);
      const spooled = await this.process.send(write);
      this.scene.sightings.note(spooled === 0 ? 'acknowledged at once' : `spooled, ${name}`);
      if (spooled === 0) acknowledge();
      else kept.push(acknowledge);
    }
    this.heal();
    if (await this.flush()) for (const acknowledge of kept) acknowledge();
  }

  /** Kills the client in mid-upload. What it never answered for it never promised: whoever starts it again sends that again. */
  async killWithin(writes: readonly LogicalWrite[]): Promise<void> {
    for (const write of writes) {
      const acknowledge = this.scene.ledger.attempt(write);
      for (const network of this.networks) network.spoil({ bytesPerSecond: SLOW_BYTES_PER_SECOND }, ['up']);
      const sending = this.process.send(write);
      await delay(this.random.integer(0, KILLED_WITHIN_MS));
      await this.process.kill();
      this.scene.sightings.note((await sending) === undefined ? 'killed in mid-upload' : 'killed after it');
      this.heal();
      const isFlushed = await this.flush();
      this.process = this.client.start(this.settings);
      if (isFlushed && ((await sending) !== undefined || (await this.sendAgain(write)))) acknowledge();
    }
  }

  private async sendAgain(write: LogicalWrite): Promise<boolean> {
    return (await this.process.send(write)) === 0 || (await this.flush());
  }

  private heal(): void {
    for (const network of this.networks) network.heal();
  }

  /** True where all was sent, and nothing is left. */
  private async flush(): Promise<boolean> {
    const since = performance.now();
    const wrong = await this.client.flush(this.settings);
    this.scene.longest('flush ms', performance.now() - since);
    if (wrong !== undefined) this.scene.fail(`flush: ${wrong}`);
    const left = (await readdir(this.settings.spool, { recursive: true })).filter((name) => KEPT.test(name));
    if (left.length > 0) this.scene.fail(`the spool folder still holds ${left.join(', ')}`);
    return wrong === undefined && left.length === 0;
  }
}

/** A message that waits or was refused. The lock stays, and what a killed process was still writing is no promise. */
const KEPT = /\.(msg|refused|why)$/;

/** About what a client sends of a write. */
function uploadBytes(write: LogicalWrite): number {
  const body = bodyOf(write);
  return body.length > 4_096 ? gzipSync(body, { level: 4 }).length : body.length;
}
