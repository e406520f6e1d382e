import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type ConnectionError,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';
import { AmqpStrategy } from './amqp/amqp.strategy.js';
import { AppModule } from './app.module.js';
import type { ServiceConfig } from './config/config.module.js';
import { HealthService } from './health/health.service.js';
import { errorBody } from './http/dialect.js';
import { tellEndOfWaiting } from './http/waiting-answer.js';
import { createLogger, JsonLogger } from './logging/json-logger.js';
import { MetricsService } from './metrics/metrics.service.js';
import { serveDocument } from './openapi/document.js';
import { READERS_FIRST } from './turns/readers-first.js';

/** A connection on which nothing moves for so long is closed: a stalled reader, a sender that went away. */
const IDLE_CONNECTION_MS = 120_000;
const KEEP_ALIVE_MS = 72_000;
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Puts the application together, the same for the real start and for tests; it neither listens nor consumes nor migrates
 * yet. The bench hands in a root module that holds its yardsticks beside the service.
 */
export async function createApp(
  config: ServiceConfig,
  root: DynamicModule = AppModule.with(config),
): Promise<NestFastifyApplication> {
  const logger = createLogger(config.logLevel);
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // To make a logger for each request costs more than to name the request in the line.
    childLoggerFactory: (parent: FastifyBaseLogger) => parent,
    trustProxy: trustedProxies(config.trustProxy),
    genReqId: () => randomUUID(),
    connectionTimeout: IDLE_CONNECTION_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A large upload over a slow line may take hours; what must not happen is that it stalls (see incoming-body.ts).
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    // At a stop, what comes over a connection that is still open is answered like anything else, and the connection closed.
    return503OnClosing: false,
    // The longest list of page numbers and the longest estimator name, percent-encoded, fit into a URL.
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    clientErrorHandler: refuseUnparsable,
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: refuseMalformed,
    // Nothing of ours is a middleware; the plugin that would run them is one more hook for each request.
    skipMiddie: true,
  });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    bodyParser: false,
    logger: new JsonLogger(logger),
    abortOnError: false,
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  handOnBodies(fastify);
  observeRequests(fastify, app.get(MetricsService));
  endConnectionsAtStop(fastify, app.get(HealthService));
  headAnswers(fastify, config);
  if (config.corsOrigins.length > 0) {
    const origin = [...config.corsOrigins];
    app.enableCors({ origin, credentials: true, exposedHeaders: ['ETag', 'Retry-After', 'X-Request-Id'], maxAge: 600 });
  }
  if (config.role !== 'consumer') serveDocument(app);
  app.connectMicroservice({ strategy: app.get(AmqpStrategy) });
  return app;
}

/** Fastify takes a number of hops only as a function. */
function trustedProxies(
  trusted: ServiceConfig['trustProxy'],
): boolean | string[] | ((address: string, hop: number) => boolean) {
  if (typeof trusted === 'number') return (_address, hop) => hop < trusted;
  return typeof trusted === 'object' ? [...trusted] : trusted;
}

/** What is no HTTP never becomes a request; it is answered in the shape of every error, and the connection ends. */
function refuseUnparsable(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [
          '431 Request Header Fields Too Large',
          `URL and headers: are larger than the limit of ${MAX_HEADER_BYTES} bytes`,
        ]
      : ['400 Bad Request', 'Not a valid HTTP request'];
  const body = JSON.stringify({ message, status_code: Number(status.slice(0, 3)) });
  const head = `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nContent-Type: application/json; charset=utf-8`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
}

/** A URL that is no URL never reaches a route. */
function refuseMalformed(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  void reply.status(400).send(errorBody(request.url, 400, error.message));
}

/** Bodies are handed on as streams, whatever their type: whether it is the right one is the first guard's question. */
function handOnBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request: unknown, payload: unknown, done: (error: null, body: unknown) => void) =>
    done(null, payload),
  );
}

/** One log line and one measurement a request, where its client went away as well. Long bodies rest while others read. */
function observeRequests(fastify: FastifyInstance, metrics: MetricsService): void {
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    tellEndOfWaiting(request.raw, reply.raw);
    if (request.method === 'GET') READERS_FIRST.began(reply);
    reply.raw.once('close', () => {
      READERS_FIRST.ended(reply);
      observe(request, reply, metrics);
    });
    done();
  });
}

/** Paths only, since a query could hold anything. */
function observe(request: FastifyRequest, reply: FastifyReply, metrics: MetricsService): void {
  const { method } = request;
  const route = request.routeOptions.url ?? 'unknown';
  const { statusCode: status, elapsedTime, raw } = reply;
  metrics.observeRequest(method, route, status, elapsedTime / 1000);
  const path = request.url.split('?', 1)[0];
  const line: Record<string, unknown> = { reqId: request.id, method, path, status, ms: Math.round(elapsedTime) };
  if (!raw.writableFinished) line['aborted'] = true;
  request.log[route.startsWith('/health') ? 'debug' : 'info'](line, 'request');
}

/** Once a stop has begun each answer is the last one on its connection, so that clients leave by themselves. */
function endConnectionsAtStop(fastify: FastifyInstance, health: HealthService): void {
  fastify.addHook('onSend', (request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void) => {
    // To close while a body is still coming would break the connection before the answer is read.
    if (health.isStopping && request.raw.complete) void reply.header('Connection', 'close');
    done();
  });
}

/** Where Swagger UI and its files lie. */
const PAGES = /^\/docs(?:[/?]|$)/;

/** The request's id, and Helmet's headers: all of them with Swagger UI, with data those that keep it from being run, framed or embedded. */
function headAnswers(fastify: FastifyInstance, config: ServiceConfig): void {
  const pages = helmetHeaders(pageOptions(config));
  const data = helmetHeaders(dataOptions(config));
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    void reply.header('x-request-id', request.id).headers(PAGES.test(request.url) ? pages : data);
    done();
  });
}

/**
 * The headers that Helmet sets, which are the same for every answer: asked for once, since to have them made costs more than the
 * token's check. Names are in lower case, as Fastify keeps them.
 */
function helmetHeaders(options: HelmetOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  const collecting = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  helmet(options)({} as IncomingMessage, collecting as unknown as ServerResponse, () => undefined);
  return headers;
}

/** Swagger UI needs inline styles and its own scripts. */
function pageOptions(config: ServiceConfig): HelmetOptions {
  return {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        scriptSrc: ["'self'"],
        frameAncestors: ["'none'"],
        upgradeInsecureRequests: null,
      },
    },
    ...commonOptions(config),
  };
}

/** What only a page has a use for costs each answer of data a tenth of its CPU. */
function dataOptions(config: ServiceConfig): HelmetOptions {
  return {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    referrerPolicy: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    xFrameOptions: { action: 'deny' },
    ...commonOptions(config),
  };
}

function commonOptions({ corsOrigins, production }: ServiceConfig) {
  const policy = corsOrigins.length > 0 ? ('cross-origin' as const) : ('same-origin' as const);
  return { crossOriginResourcePolicy: { policy }, hsts: production };
}
