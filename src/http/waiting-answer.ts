import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Has the answer to a pipelined request emit `close` where its client goes away. Node tells the end of an answer only where it has its
 * turn on the connection: one that waits behind others has no socket yet, and whoever waits for its end would wait for ever.
 */
export function tellEndOfWaiting({ socket }: IncomingMessage, answer: ServerResponse): void {
  if (answer.socket !== null) return;
  const gone = (): void => {
    if (answer.socket !== null) return;
    answer.destroy();
    answer.emit('close');
  };
  // One for each answer that waits.
  socket.setMaxListeners(0);
  socket.once('close', gone);
  answer.once('close', () => socket.off('close', gone));
}
