import type { ServerMessage } from './control-messages.js';

/** Tells the bench where this process listens. */
export function tellReady(port: number): void {
  process.send?.({ is: 'ready', url: `http://127.0.0.1:${port}` } satisfies ServerMessage);
}
