import { setTimeout as delay } from 'node:timers/promises';
import type { Socket } from 'node:net';

/** What a network does to the bytes of one direction. */
export interface LegFault {
  /** Each byte comes so much later. */
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
  /** Nothing is passed on, and the sender is told nothing: half open. What was held comes once it is mended. */
  readonly held?: boolean;
  /** After so many bytes, of this connection and from now on, both ends are reset. */
  readonly truncateAfter?: number;
  /** Asked of each piece that arrives: whether both ends are reset instead. */
  readonly resetsIf?: () => boolean;
  /** After so many bytes it is as if held. */
  readonly heldAfter?: number;
  /** From a piece on that has this text, it is as if held. */
  readonly heldFrom?: string;
}

/** More than this is not read ahead of the other side. */
const HELD_BYTES = 1024 * 1024;
const SLICE_MS = 50;
const HEAD_BYTES = 2_048;

/** One direction of one connection: takes bytes from a socket and writes them to another, through a fault. */
export class ProxyLeg {
  private readonly chunks: { readonly bytes: Buffer; readonly at: number }[] = [];
  private queued = 0;
  private ended = false;
  private pumping = false;
  private dropping = false;
  private left = Infinity;
  private isHeld = false;
  private fault: LegFault = {};
  private head = '';
  private wake: () => void = () => undefined;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    fault: LegFault,
  ) {
    this.become(fault);
    from.on('data', (bytes: Buffer) => this.take(bytes));
    from.once('end', () => {
      this.ended = true;
      void this.pump();
    });
  }

  /** From now on the network is like this. */
  become(fault: LegFault): void {
    this.fault = fault;
    this.left = fault.truncateAfter ?? fault.heldAfter ?? Infinity;
    this.isHeld = fault.held === true;
    this.wake();
  }

  /** Whether it holds something back. */
  get holds(): boolean {
    return this.isHeld && this.queued > 0;
  }

  /** Whether the first bytes that were sent, in which clients name themselves, have this text. */
  beginsWith(text: string): boolean {
    return this.head.includes(text);
  }

  /** Passes bytes on as if the sender had sent them now. */
  inject(bytes: Buffer): void {
    this.take(bytes);
  }

  /** Reads everything and passes nothing on any more. */
  drop(): void {
    this.dropping = true;
    this.chunks.length = 0;
    this.from.resume();
    this.wake();
  }

  private take(bytes: Buffer): void {
    if (this.dropping) return;
    if (this.fault.resetsIf?.() === true) {
      for (const socket of [this.to, this.from]) socket.resetAndDestroy();
      return;
    }
    if (this.head.length < HEAD_BYTES) this.head += bytes.toString('latin1');
    this.chunks.push({ bytes, at: Date.now() + (this.fault.delayMs ?? 0) });
    this.queued += bytes.length;
    if (this.queued > HELD_BYTES) this.from.pause();
    void this.pump();
  }

  private async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    for (let next = this.chunks.shift(); next !== undefined; next = this.chunks.shift()) {
      const early = next.at - Date.now();
      if (early > 0) await delay(early);
      await this.pass(next.bytes);
      this.queued -= next.bytes.length;
      if (this.queued <= HELD_BYTES) this.from.resume();
    }
    this.pumping = false;
    if (this.ended && !this.dropping && !this.to.destroyed) this.to.end();
  }

  private async pass(bytes: Buffer): Promise<void> {
    let rest = bytes;
    while (rest.length > 0 && !this.to.destroyed && !this.dropping) {
      if (this.fault.heldFrom !== undefined && rest.includes(this.fault.heldFrom)) this.isHeld = true;
      if (this.isHeld || (this.fault.heldAfter !== undefined && this.left === 0)) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
          this.to.once('close', resolve);
        });
        continue;
      }
      const { bytesPerSecond } = this.fault;
      const slice = rest.subarray(0, bytesPerSecond === undefined ? rest.length : Math.ceil(bytesPerSecond / 20));
      if (slice.length > this.left) {
        this.to.write(slice.subarray(0, this.left));
        if (this.fault.heldAfter !== undefined) {
          rest = rest.subarray(this.left);
          this.left = 0;
          continue;
        }
        for (const socket of [this.to, this.from]) socket.resetAndDestroy();
        return;
      }
      this.left -= slice.length;
      rest = rest.subarray(slice.length);
      if (!this.to.write(slice)) await drained(this.to);
      if (bytesPerSecond !== undefined) await delay(SLICE_MS);
    }
  }
}

/** Resolves once a socket takes more, or never will. */
async function drained(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
    if (socket.destroyed) done();
  });
}
