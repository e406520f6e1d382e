import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config/config.js';
import { type ComposeService, interpolate, readComposeFile, variablesIn } from '../support/compose-file.js';

const { services, volumes } = readComposeFile();
const named = Object.entries(services);
const OURS = ['tallyhouse', 'consumer'] as const;
const SECRET = /PASS|SECRET|TOKEN|KEY/;

function environmentOf(service: ComposeService | undefined): [name: string, value: string][] {
  return Object.entries(service?.environment ?? {}).map(([name, value]) => [name, value ?? '']);
}

describe('docker-compose.yml', () => {
  it.each(named)('%s has a pinned image, a restart policy, a health check and time to stop', (_name, service) => {
    expect(service.image).toMatch(/:\d+\.\d+/);
    expect(service.restart).toBe('unless-stopped');
    expect(service.healthcheck?.test[0]).toBe('CMD');
    expect(service.stop_grace_period).toMatch(/^\d+[sm]$/);
  });

  it.each(OURS)('%s starts once database and broker are healthy', (name) => {
    expect(services[name]?.depends_on).toStrictEqual({
      postgres: { condition: 'service_healthy' },
      rabbitmq: { condition: 'service_healthy' },
    });
  });

  it('names the version of the service that package.json has', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    for (const name of OURS) expect(services[name]?.image).toBe(`tallyhouse:${version}`);
  });

  it.each(named)('%s gets every secret from the operator: none is written down or has a default', (_name, service) => {
    for (const [name, value] of environmentOf(service)) {
      // A secret that may be left out has the empty default.
      if (SECRET.test(name)) expect(value).toMatch(/^\$\{[A-Z_]+(:\?[^}]+|:-)\}$/);
      if (name.endsWith('_URL')) expect(value).toMatch(/:\$\{[A-Z_]+_PASSWORD:\?[^}]+\}@/);
      for (const variable of variablesIn(value)) {
        if (SECRET.test(variable.name) && variable.kind !== 'required') expect(variable).toMatchObject({ text: '' });
      }
    }
  });

  it('publishes nothing to other machines unless the operator says so', () => {
    const published = named.flatMap(([, { ports = [] }]) => ports.map((port) => interpolate(port, {})));
    expect(published).toStrictEqual(['127.0.0.1:3000:3000', '127.0.0.1:5672:5672', '127.0.0.1:15672:15672']);
  });

  it('declares the volumes that it uses, and uses those that it declares', () => {
    const used = named.flatMap(([, service]) => service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '');
    expect(new Set(used.filter((volume) => !volume.startsWith('.')))).toEqual(new Set(Object.keys(volumes)));
  });

  it.each(OURS)('%s is given only variables that the configuration reads', async (name) => {
    const source = await readFile('src/config/config.ts', 'utf8');
    const known = new Set([...source.matchAll(/'([A-Z][A-Z_]+)'/g)].map(([, variable]) => variable));
    const unknown = environmentOf(services[name]).filter(([variable]) => !known.has(variable));
    expect(unknown).toStrictEqual([]);
  });
});

describe('scripts/make-env.sh', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallyhouse-env-'));
    await mkdir(join(folder, 'scripts'));
    await cp('scripts/make-env.sh', join(folder, 'scripts/make-env.sh'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const make = () => spawnSync('sh', [join(folder, 'scripts/make-env.sh')], { encoding: 'utf8' });
  const readEnv = () => readFile(join(folder, '.env'), 'utf8');

  it('writes a file for its owner alone, and shows no secret', async () => {
    const { status, stdout, stderr } = make();
    expect([status, stderr]).toEqual([0, '']);
    expect((await stat(join(folder, '.env'))).mode & 0o777).toBe(0o600);
    for (const secret of (await readEnv()).match(/[\w-]{43}/g) ?? []) expect(stdout).not.toContain(secret);
  });

  it('leaves a file that is there as it is', async () => {
    const before = await readEnv();
    const { status, stderr } = make();
    expect([status, stderr]).toEqual([1, expect.stringContaining('.env is there already')]);
    expect(await readEnv()).toBe(before);
  });

  it.each(OURS)('makes all that docker-compose.yml requires, and %s accepts it', async (name) => {
    const values = Object.fromEntries(
      [...(await readEnv()).matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, key, value]) => [key, value]),
    ) as Record<string, string>;
    const environment = environmentOf(services[name]).map(([key, value]) => [key, interpolate(value, values)] as const);
    const config = readConfig(Object.fromEntries(environment));
    expect(config).toMatchObject({ production: true, registrationOpen: false, demo: false, host: '0.0.0.0' });
    expect(new URL(config.databaseUrl ?? '').password).toBe(values['POSTGRES_PASSWORD']);
    for (const service of ['postgres', 'rabbitmq']) {
      for (const [, value] of environmentOf(services[service])) interpolate(value, values);
    }
  });
});
