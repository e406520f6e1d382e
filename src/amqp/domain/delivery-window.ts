/** What a consumer may hold at once. */
export interface WindowLimits {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * What a consumer holds, and how many deliveries it asks for. The broker counts messages, not bytes, so what comes beyond the
 * bytes goes back, and the window narrows to what they allow; it widens again, step by step, when small messages come.
 */
export class DeliveryWindow {
  /** The prefetch to ask for. */
  size: number;
  private held = 0;
  private heldBytes = 0;
  private largest = 0;
  private settledSinceOpened = 0;
  private wasFull = false;

  constructor(private readonly limits: WindowLimits) {
    this.size = Math.min(limits.messages, FIRST_SIZE);
  }

  /** Of deliveries that are not settled yet. */
  get inFlightBytes(): number {
    return this.heldBytes;
  }

  /** Counting begins afresh, with what the consumer asks the broker for. */
  opened(): void {
    this.largest = 0;
    this.settledSinceOpened = 0;
    this.wasFull = false;
  }

  /**
   * False for a delivery that does not fit any more: it goes back, and no more is asked for until `fits()`, and then less.
   * One alone always fits.
   */
  admits(bytes: number): boolean {
    this.largest = Math.max(this.largest, bytes);
    if (this.held > 0 && this.heldBytes + bytes > this.limits.bytes) {
      this.size = clamp(Math.floor(this.limits.bytes / this.largest), this.limits.messages);
      return false;
    }
    this.held++;
    this.heldBytes += bytes;
    this.wasFull ||= this.held >= this.size;
    return true;
  }

  /** True where a wider window pays: all of the present one was used at once, and its messages were small. */
  settled(bytes: number): boolean {
    this.held--;
    this.heldBytes -= bytes;
    if (++this.settledSinceOpened < this.size || !this.wasFull || !this.fits()) return false;
    const wider = clamp(this.size * 2, this.limits.messages);
    const mayWiden = wider > this.size && wider * this.largest <= this.limits.bytes;
    this.opened();
    if (mayWiden) this.size = wider;
    return mayWiden;
  }

  /** Whether there is room for another window of what came last. */
  fits(): boolean {
    return this.heldBytes <= this.limits.bytes / 2;
  }
}

/** Small, since nobody knows how large the first messages are. */
const FIRST_SIZE = 2;

function clamp(size: number, messages: number): number {
  return Math.max(1, Math.min(size, messages));
}
