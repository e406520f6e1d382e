import { createServer, type Server } from 'node:net';

/** `count` different TCP ports of 127.0.0.1 that were free a moment ago; whoever binds one must be ready to lose the race. */
export async function findFreePorts(count: number): Promise<number[]> {
  // All are held before any is given back, so that no port comes twice.
  const probes = await Promise.all(Array.from({ length: count }, listenAnywhere));
  const ports = probes.map(portOf);
  await Promise.all(probes.map(close));
  return ports;
}

function listenAnywhere(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => resolve(probe));
  });
}

function portOf(probe: Server): number {
  const address = probe.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function close(probe: Server): Promise<void> {
  return new Promise((resolve) => probe.close(() => resolve()));
}
