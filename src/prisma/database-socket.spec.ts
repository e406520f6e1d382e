import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { DatabaseSocket } from './database-socket.js';

test('a connection over which nothing will be answered any more is over, though not all was sent', async () => {
  let peer: Socket | undefined;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    peer = socket;
    socket.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = new DatabaseSocket();
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  // More than the system's buffers take.
  socket.write(Buffer.alloc(64 * 1024 * 1024));
  await once(socket, 'close');
  peer?.destroy();
  server.close();
});
