/** Lets one loop sleep until there is something to do, or for so long at most. A signal while it is awake is kept. */
export class WakeSignal {
  private isPending = false;
  private wakeUp: () => void = () => undefined;

  wake(): void {
    this.isPending = true;
    this.wakeUp();
  }

  /** Resolves at the next signal, or after so many milliseconds. */
  async wait(milliseconds: number): Promise<void> {
    if (!this.isPending) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.wakeUp = () => undefined;
    this.isPending = false;
  }
}
