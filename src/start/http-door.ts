import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { StartError } from '../embedded/start-error.js';
import { HealthService } from '../health/health.service.js';

/** Before the address is given up nobody may have connected for so long, or so much time must have passed. */
const QUIET_MS = 100;
const LONGEST_QUIET_MS = 1_000;
const SHORT_TURN_MS = 0.2;
const SWEEP_MS = 50;
/** Who connected and has sent nothing after this time is not waited for. */
const SILENT_MS = 2_000;

/** What is going on over a connection. */
interface Traffic {
  /** Requests whose body is still coming, and answers that are not handed to the system whole. */
  unfinished: number;
  /** Bytes that had come when the last request was over. */
  restedAt: number;
}

/** Where HTTP comes in: listens, and closes so that no request that was sent is left without its answer. */
export class HttpDoor {
  private readonly connections = new Map<Socket, Traffic>();
  private lastConnected = 0;

  constructor(private readonly app: NestFastifyApplication) {
    const server = app.getHttpServer();
    server.on('connection', (socket: Socket) => {
      this.lastConnected = performance.now();
      this.connections.set(socket, { unfinished: 0, restedAt: -1 });
      socket.once('close', () => this.connections.delete(socket));
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.follow(request, response));
    // Node's own, which closing calls, takes an answer for sent that a slow reader has not taken yet, and cuts it off.
    server.closeIdleConnections = () => this.closeConnections(({ bytesRead }, { restedAt }) => bytesRead === restedAt);
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
      await untilShortTurn();
      // The listener alone and first: between the last look at who waits and this nothing else should happen.
      Server.prototype.close.call(server);
    }
    const since = performance.now();
    const sweep = setInterval(() => {
      server.closeIdleConnections();
      if (performance.now() - since > SILENT_MS) this.closeConnections(({ bytesRead }) => bytesRead === 0);
    }, SWEEP_MS);
    await this.app.close().finally(() => clearInterval(sweep));
  }

  /** Resolves right behind a turn in which all who waited to be accepted were, and that was nobody. */
  private async untilNobodyConnects(): Promise<void> {
    const since = performance.now();
    for (;;) {
      await delay(QUIET_MS / 10);
      const before = this.lastConnected;
      await turn();
      const now = performance.now();
      const isQuiet = this.lastConnected === before && now - Math.max(since, before) > QUIET_MS;
      if (isQuiet || now - since > LONGEST_QUIET_MS) return;
    }
  }

  private follow(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const traffic = this.connections.get(socket);
    if (traffic === undefined) return;
    for (const one of [request, response]) {
      traffic.unfinished++;
      one.once('close', () => {
        traffic.unfinished--;
        traffic.restedAt = socket.bytesRead;
      });
    }
  }

  private closeConnections(isOver: (socket: Socket, traffic: Traffic) => boolean): void {
    for (const [socket, traffic] of this.connections) {
      if (traffic.unfinished === 0 && isOver(socket, traffic)) socket.destroy();
    }
  }
}

/**
 * Resolves in a turn of the event loop that took next to no time, at whose beginning all who waited were accepted: where
 * clients come all the time, hardly one of them comes in between.
 */
async function untilShortTurn(): Promise<void> {
  const since = performance.now();
  for (let last = since; ;) {
    await turn();
    const now = performance.now();
    if (now - last < SHORT_TURN_MS || now - since > LONGEST_QUIET_MS) return;
    last = now;
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
