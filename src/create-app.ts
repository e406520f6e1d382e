import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import fastifyHelmet from '@fastify/helmet';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppModule } from './app.module.js';
import type { ServiceConfig } from './config/config.module.js';
import { createLogger, JsonLogger } from './logging/json-logger.js';
import { MetricsService } from './metrics/metrics.service.js';
import { serveDocument } from './openapi/document.js';

/** A connection on which nothing moves for so long is closed: a stalled reader, a sender that went away. */
const IDLE_CONNECTION_MS = 120_000;
const KEEP_ALIVE_MS = 72_000;

/** Puts the application together, the same for the real start and for tests; it neither listens nor migrates yet. */
export async function createApp(config: ServiceConfig): Promise<NestFastifyApplication> {
  const logger = createLogger(config.logLevel);
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    disableRequestLogging: true,
    trustProxy: trustedProxies(config.trustProxy),
    genReqId: () => randomUUID(),
    connectionTimeout: IDLE_CONNECTION_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A large upload over a slow line may take hours; what must not happen is that it stalls (see incoming-body.ts).
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: refuseMalformed,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config), adapter, {
    bodyParser: false,
    logger: new JsonLogger(logger),
    abortOnError: false,
  });
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  handOnBodies(fastify);
  observeRequests(fastify, app.get(MetricsService));
  await app.register(fastifyHelmet, helmetOptions(config));
  if (config.corsOrigins.length > 0) {
    const origin = [...config.corsOrigins];
    app.enableCors({ origin, credentials: true, exposedHeaders: ['ETag', 'Retry-After', 'X-Request-Id'], maxAge: 600 });
  }
  serveDocument(app);
  return app;
}

/** Fastify takes a number of hops only as a function. */
function trustedProxies(trusted: ServiceConfig['trustProxy']): boolean | string[] | ((address: string, hop: number) => boolean) {
  if (typeof trusted === 'number') return (_address, hop) => hop < trusted;
  return typeof trusted === 'object' ? [...trusted] : trusted;
}

/** A URL that is no URL never reaches a route. */
function refuseMalformed(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  void reply.status(400).send({ message: error.message, status_code: 400 });
}

/** Bodies are handed on as streams, whatever their type: whether it is the right one is the first guard's question. */
function handOnBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request: unknown, payload: unknown, done: (error: null, body: unknown) => void) => done(null, payload));
}

/** One log line and one measurement a request; paths only, since a query could hold anything. */
function observeRequests(fastify: FastifyInstance, metrics: MetricsService): void {
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    void reply.header('X-Request-Id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unknown';
    const status = reply.statusCode;
    metrics.observeRequest(method, route, status, reply.elapsedTime / 1000);
    const line = { reqId: request.id, method, path: request.url.split('?', 1)[0], status, ms: Math.round(reply.elapsedTime) };
    request.log[route.startsWith('/health') ? 'debug' : 'info'](line, 'request');
    done();
  });
}

/** Swagger UI needs inline styles and its own scripts; nothing else of ours is ever run or framed. */
function helmetOptions(config: ServiceConfig): object {
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
    crossOriginResourcePolicy: { policy: config.corsOrigins.length > 0 ? 'cross-origin' : 'same-origin' },
    hsts: config.production,
  };
}
