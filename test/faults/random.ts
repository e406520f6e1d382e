import { createHash } from 'node:crypto';

/** Pseudo-random numbers that a seed repeats: the words of SHA-256 over the seed and a counter. */
export class SeededRandom {
  private block = Buffer.alloc(0);
  private blocks = 0;

  constructor(private readonly seed: number) {}

  /** A number from 0 up to 1. */
  next(): number {
    if (this.block.length === 0) this.block = createHash('sha256').update(`${this.seed}/${this.blocks++}`).digest();
    const word = this.block.readUInt32BE(0);
    this.block = this.block.subarray(4);
    return word / 2 ** 32;
  }

  /** A whole number, both ends included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)] as T;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const order = [...items];
    for (let last = order.length - 1; last > 0; last--) {
      const other = this.integer(0, last);
      [order[last], order[other]] = [order[other] as T, order[last] as T];
    }
    return order;
  }
}
