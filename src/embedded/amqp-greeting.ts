import { connect } from 'node:net';

/** How an AMQP 0-9-1 client begins. */
const PROTOCOL_HEADER = Buffer.from([...Buffer.from('AMQP'), 0, 0, 9, 1]);
const METHOD_FRAME = 1;
const ANSWER_WITHIN_MS = 2_000;

/**
 * Whether the broker of that cluster name answers on 127.0.0.1: it greets with a `connection.start` that carries its name (section
 * 1.4.2.1 of the AMQP 0-9-1 reference), so that another broker which took the port is not mistaken for it.
 */
export async function greetsAs(clusterName: string, port: number): Promise<boolean> {
  const greeting = await readGreeting(port);
  return greeting[0] === METHOD_FRAME && greeting.includes(clusterName);
}

/** The first frame, or what came of it within 2 s. */
async function readGreeting(port: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const socket = connect({ port, host: '127.0.0.1', timeout: ANSWER_WITHIN_MS });
  return new Promise((resolve) => {
    const end = () => {
      socket.destroy();
      resolve(Buffer.concat(chunks));
    };
    socket.on('connect', () => socket.write(PROTOCOL_HEADER));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isWholeFrame(Buffer.concat(chunks))) end();
    });
    for (const event of ['timeout', 'error', 'close']) socket.on(event, end);
  });
}

/** A frame is a type, a channel, a length, so many bytes and an end mark. */
function isWholeFrame(bytes: Buffer): boolean {
  return bytes.length >= 7 && bytes.length >= 7 + bytes.readUInt32BE(3) + 1;
}
