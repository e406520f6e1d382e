import type { ServerMessage } from './control-messages.js';

/** Tells the bench that this process is ready, and where it listens, if it does. */
export function tellReady(port?: number): void {
  const url = port === undefined ? '' : `http://127.0.0.1:${port}`;
  process.send?.({ is: 'ready', url } satisfies ServerMessage);
}
