import { HttpConnection } from './http-connection.js';

/** What is sent, how, and for how long. */
export interface Load {
  readonly url: string;
  readonly connections: number;
  /** Ends with the first answer behind both of these. */
  readonly seconds: number;
  readonly leastRequests: number;
  /** The bytes of the request of this number. */
  readonly request: (number: number) => readonly (Buffer | string)[];
  /** What every answer must have. */
  readonly status: number;
  /** Between two requests of a connection; none if left out. */
  readonly pauseMs?: number;
  /** The client looks for answers without ever sleeping, so that no answer has to wake it, at the server's cost. */
  readonly isAwake?: boolean;
}

/** What came back. */
export interface LoadResult {
  /** Milliseconds from the first byte sent to the last received. */
  readonly latencies: readonly number[];
  readonly seconds: number;
  readonly bodyBytes: number;
}

/** Sends requests over kept-alive connections, on each the next one behind the answer. Throws where an answer is another. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const connections = await Promise.all(Array.from({ length: load.connections }, () => HttpConnection.open(load.url)));
  const sleepAgain = load.isAwake === true ? stayAwake() : () => undefined;
  try {
    return await sendOver(connections, load);
  } finally {
    sleepAgain();
    for (const connection of connections) connection.close();
  }
}

/** Until the returned function is called this process never waits for anything to happen. */
function stayAwake(): () => void {
  let turn = setImmediate(goOn);
  function goOn(): void {
    turn = setImmediate(goOn);
  }
  return () => clearImmediate(turn);
}

async function sendOver(connections: readonly HttpConnection[], load: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  const since = performance.now();
  const isOver = () => performance.now() >= since + load.seconds * 1000;
  let sent = 0;
  let bodyBytes = 0;
  const sending = async (connection: HttpConnection) => {
    while (sent < load.leastRequests || !isOver()) {
      const request = load.request(sent++);
      const start = performance.now();
      const received = await connection.send(request);
      latencies.push(performance.now() - start);
      if (received.status !== load.status) throw new Error(`answered ${received.head}, to ${String(request[0])}`);
      bodyBytes = received.bodyBytes;
      if (load.pauseMs !== undefined) await new Promise((resolve) => setTimeout(resolve, load.pauseMs));
    }
  };
  await Promise.all(connections.map(sending));
  return { latencies, seconds: (performance.now() - since) / 1000, bodyBytes };
}
