import type { Socket } from 'node:net';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { StartError } from '../embedded/start-error.js';
import { HealthService } from '../health/health.service.js';

/** Before the address is given up nobody may have connected for so long, or so much time must have passed. */
const QUIET_MS = 100;
const LONGEST_QUIET_MS = 1_000;
const SWEEP_MS = 50;
/** Who connected and has sent nothing after this time is not waited for. */
const SILENT_MS = 500;

/** Where HTTP comes in: listens, and closes so that no request that was sent is left without an answer. */
export class HttpDoor {
  private readonly connections = new Set<Socket>();
  private lastConnected = 0;

  constructor(private readonly app: NestFastifyApplication) {
    app.getHttpServer().on('connection', (socket: Socket) => {
      this.lastConnected = performance.now();
      this.connections.add(socket);
      socket.once('close', () => this.connections.delete(socket));
    });
  }

  /** Listens, and gives the address under which a browser on this machine finds it. Throws StartError. */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<string> {
    try {
      await this.app.listen({ host, port });
    } catch (error) {
      throw asStartError(error, host, port);
    }
    const address = this.app.getHttpServer().address() as { port: number };
    const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return `http://${shown}:${address.port}`;
  }

  /**
   * Closes the application: answers what is in flight. The system resets a connection that still waits to be accepted when
   * the address is given up, and with it a request that was sent. So whoever comes is first told to come again later, until
   * nobody comes any more.
   */
  async close(): Promise<void> {
    const server = this.app.getHttpServer();
    if (server.listening) {
      this.app.get(HealthService).refuse();
      await this.untilNobodyConnects();
      // Right behind the turn in which all that waited was accepted.
      await turn();
      server.close();
    }
    const since = performance.now();
    const sweep = setInterval(() => {
      server.closeIdleConnections();
      if (performance.now() - since > SILENT_MS) this.closeSilentConnections();
    }, SWEEP_MS);
    await this.app.close().finally(() => clearInterval(sweep));
  }

  private async untilNobodyConnects(): Promise<void> {
    const since = performance.now();
    for (;;) {
      const now = performance.now();
      if (now - Math.max(since, this.lastConnected) > QUIET_MS || now - since > LONGEST_QUIET_MS) return;
      await delay(QUIET_MS / 10);
    }
  }

  /** The server takes a connection on which no request ever began for a busy one. */
  private closeSilentConnections(): void {
    for (const socket of this.connections) if (socket.bytesRead === 0) socket.destroy();
  }
}

function asStartError(error: unknown, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return new StartError(`Port ${port} on ${host} is taken; set PORT to another one.`);
  if (code === 'EACCES')
    return new StartError(`Port ${port} may not be used by this user; set PORT to one above 1023.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartError(`HOST ${host} is no address of this machine.`);
  return error;
}
