import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readConfig } from '../../src/config/config.js';
import { createApp } from '../../src/create-app.js';
import { SMALL_BODY_BYTES } from '../../src/http/body-admission.js';
import { HealthService } from '../../src/health/health.service.js';
import { MetricsService } from '../../src/metrics/metrics.service.js';
import { MigrationsService } from '../../src/prisma/migrations.service.js';
import { HttpDoor } from '../../src/start/http-door.js';
import { call } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** More than the system's buffers take. */
const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x');
/** Bodies for which there is room. */
const WAITING = 4;
const JWT_SECRET = 'a secret of a test '.repeat(2);

let database: TestDatabase;
let app: NestFastifyApplication;
let door: HttpDoor;
let url: string;
let closed: Promise<void> | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
  const config = readConfig({ DATABASE_URL: database.url, LOG_LEVEL: 'silent', JWT_SECRET });
  const ingestMemoryBytes = WAITING * SMALL_BODY_BYTES;
  app = await createApp({ ...config, databaseUrl: database.url, jwtSecret: JWT_SECRET, ingestMemoryBytes });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/large', (_, reply) => reply.send(LARGE));
  door = new HttpDoor(app);
  url = await door.listen({ host: '127.0.0.1', port: 0 });
  await app.get(MigrationsService).run(new AbortController().signal);
});

afterEach(async () => {
  await (closed ?? door.close());
  closed = undefined;
  await database.drop();
});

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function isMeasured(count: string): Promise<boolean> {
  return (await app.get(MetricsService).expose()).text.includes(count);
}

test('an answer that its reader has not taken yet comes whole', async () => {
  const socket = await open();
  socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(socket, 'readable');
  closed = door.close();
  // Only now, when nobody is let in any more.
  while (await call(`${url}/health/live`).then(Boolean, () => false));
  expect((await buffer(socket)).length).toBeGreaterThan(LARGE.length);
});

test('an answer whose reader went away is measured like any other', async () => {
  const socket = await open();
  socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(socket, 'readable');
  socket.destroy();
  while (!(await isMeasured('route="/large",status="200"} 1'))) await setImmediate();
});

test('requests whose client went away while their answers waited behind another leave nothing behind', async () => {
  const socket = await open();
  const body = '{"simulation_id":"none"}';
  const headers = `Host: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  const update = `POST /tasks HTTP/1.1\r\n${headers}\r\n\r\n${body}`;
  socket.write(`GET /large HTTP/1.1\r\nHost: a\r\n\r\n${update.repeat(WAITING)}`);
  await once(socket, 'readable');
  const isFull = async () => (await call(`${url}/tasks`, { method: 'POST', body: {} })).status === 503;
  expect(await isFull()).toBe(true);
  socket.resetAndDestroy();
  while (!(await isMeasured(`route="/tasks",status="400"} ${WAITING}`))) await setImmediate();
  expect(await isFull()).toBe(false);
});

test('nobody waits for who connected and says nothing', async () => {
  const socket = await open();
  closed = door.close();
  await once(socket.resume(), 'close');
  await closed;
});

test('who comes in the last moments is told when to come again, and health is still told', async () => {
  const kept = await open();
  closed = door.close();
  kept.write('GET /tasks?job_id=1 HTTP/1.1\r\nHost: a\r\n\r\nGET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
  const said = (await buffer(kept)).toString();
  expect(said).toContain('HTTP/1.1 503 Service Unavailable');
  expect(said).toMatch(/\r\nretry-after: 2\r\n/i);
  expect(said).toContain('"message":"The service is stopping, try again shortly"');
  expect(said).toContain('HTTP/1.1 200 OK');
});

test('once a stop has begun an answer is the last one on its connection', async () => {
  expect((await call(`${url}/health/live`, { headers: { connection: 'keep-alive' } })).headers.connection).toBe(
    'keep-alive',
  );
  app.get(HealthService).stop();
  expect((await call(`${url}/health/live`, { headers: { connection: 'keep-alive' } })).headers.connection).toBe(
    'close',
  );
});
