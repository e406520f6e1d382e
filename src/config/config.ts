import { isIP } from 'node:net';
import { resolve } from 'node:path';

/**
 * The environment, read once and checked; the README's table says what each variable means.
 * What may be left out is filled in by `settle-config.ts`.
 */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string | undefined;
  readonly databasePoolSize: number;
  readonly dataDir: string;
  readonly jwtSecret: string | undefined;
  readonly adminUsername: string | undefined;
  readonly adminPassword: string | undefined;
  readonly registrationOpen: boolean;
  readonly corsOrigins: readonly string[];
  readonly cookieSameSite: 'lax' | 'none';
  /** Which proxies' X-Forwarded-* count: none, all, a number of hops, or addresses. */
  readonly trustProxy: boolean | number | readonly string[];
  /** RabbitMQ, AMQP 0-9-1. */
  readonly rabbitmqUrl: string | undefined;
  /** Stands before the names of all exchanges and queues, so that several installations may share a broker. */
  readonly amqpPrefix: string;
  /** Which half runs: HTTP, the consumers, or both. */
  readonly role: Role;
  /** Inflated bytes of a POST /results body. */
  readonly maxBodyBytes: number;
  /** Memory for bodies in flight over HTTP. */
  readonly ingestMemoryBytes: number;
  /** Inflated bytes of one message. */
  readonly maxMessageBytes: number;
  /** Seconds for which a message waits for its simulation to be submitted. */
  readonly unknownSimulationSeconds: number;
  /** Seconds that what is in flight gets at a stop. */
  readonly stopSeconds: number;
  readonly demo: boolean;
  readonly metricsToken: string | undefined;
  readonly logLevel: LogLevel;
}

const ROLES = ['all', 'api', 'consumer'] as const;
export type Role = (typeof ROLES)[number];
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];
type Environment = Readonly<Record<string, string | undefined>>;

/** Every fault of the environment at once, one line each. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigError';
  }
}

/** Reads the environment; throws a ConfigError that names each variable at fault. */
export function readConfig(env: Environment = process.env): Config {
  const read = new EnvironmentReader(env);
  const production = env['NODE_ENV'] === 'production';
  const databaseUrl = read.url('DATABASE_URL', ['postgres:', 'postgresql:']);
  const config: Config = {
    production,
    host: read.text('HOST') ?? '127.0.0.1',
    port: read.integer('PORT', 3000, 0, 65_535),
    databaseUrl,
    databasePoolSize: read.integer('DATABASE_POOL_SIZE', 10, 2, 1_000),
    dataDir: resolve(read.text('DATA_DIR') ?? '.data'),
    jwtSecret: read.secret('JWT_SECRET', 32),
    adminUsername: read.text('ADMIN_USERNAME'),
    adminPassword: read.secret('ADMIN_PASSWORD', 8),
    registrationOpen: read.choice('REGISTRATION', ['open', 'closed'], production ? 'closed' : 'open') === 'open',
    corsOrigins: read.origins('CORS_ORIGINS'),
    cookieSameSite: read.choice('COOKIE_SAMESITE', ['lax', 'none'], 'lax'),
    trustProxy: read.proxies('TRUST_PROXY'),
    rabbitmqUrl: read.url('RABBITMQ_URL', ['amqp:', 'amqps:']),
    amqpPrefix: read.prefix('AMQP_PREFIX'),
    role: read.choice('ROLE', ROLES, 'all'),
    maxBodyBytes: read.integer('MAX_BODY_BYTES', 1024 ** 3, 1024, 1024 ** 4),
    ingestMemoryBytes: read.integer('INGEST_MEMORY_BYTES', 256 * 1024 ** 2, 32 * 1024 ** 2, 1024 ** 4),
    maxMessageBytes: read.integer('MAX_MESSAGE_BYTES', 16 * 1024 ** 2, 1024, 128 * 1024 ** 2),
    unknownSimulationSeconds: read.integer('UNKNOWN_SIMULATION_SECONDS', 600, 1, 86_400),
    stopSeconds: read.integer('STOP_SECONDS', 10, 1, 3_600),
    demo: read.choice('DEMO', ['on', 'off'], databaseUrl === undefined && !production ? 'on' : 'off') === 'on',
    metricsToken: read.secret('METRICS_TOKEN', 16),
    logLevel: read.choice('LOG_LEVEL', LOG_LEVELS, 'info'),
  };
  if (production) read.requireForProduction(config);
  if (config.role === 'consumer') read.requireForConsumer(config);
  read.throwIfFaulty();
  return config;
}

/** Where the database is, for the programs beside the service. */
export type DatabaseSettings = Pick<Config, 'databaseUrl' | 'dataDir'>;

/** Reads only what finds the database; throws a ConfigError as `readConfig` does. */
export function readDatabaseSettings(env: Environment = process.env): DatabaseSettings {
  const read = new EnvironmentReader(env);
  const settings = {
    databaseUrl: read.url('DATABASE_URL', ['postgres:', 'postgresql:']),
    dataDir: resolve(read.text('DATA_DIR') ?? '.data'),
  };
  if (env['NODE_ENV'] === 'production') read.require({ DATABASE_URL: settings.databaseUrl }, 'NODE_ENV is production');
  read.throwIfFaulty();
  return settings;
}

class EnvironmentReader {
  private readonly faults: string[] = [];

  constructor(private readonly env: Environment) {}

  text(name: string): string | undefined {
    const value = this.env[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    this.faults.push(`${name}: must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) this.faults.push(`${name}: must be ${choices.join(' or ')}`);
    return found ?? fallback;
  }

  url(name: string, protocols: readonly string[]): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const url = URL.parse(text);
    if (url !== null && protocols.includes(url.protocol)) return text;
    this.faults.push(`${name}: must be a URL that starts with ${protocols.map((one) => `${one}//`).join(' or ')}`);
    return undefined;
  }

  /** A secret's value never appears in a fault. */
  secret(name: string, minBytes: number): string | undefined {
    const text = this.env[name];
    if (text === undefined || text === '') return undefined;
    if (Buffer.byteLength(text) < minBytes) this.faults.push(`${name}: must have at least ${minBytes} bytes`);
    return text;
  }

  origins(name: string): readonly string[] {
    const parts = this.list(name);
    for (const part of parts) {
      const url = URL.parse(part);
      if (url?.origin !== part || !/^https?:$/.test(url.protocol)) {
        this.faults.push(`${name}: "${part}" is not an origin such as https://app.example.org`);
      }
    }
    return parts;
  }

  proxies(name: string): boolean | number | readonly string[] {
    const text = this.text(name);
    if (text === undefined || text === 'none' || text === 'false') return false;
    if (text === 'true') return true;
    if (/^\d{1,2}$/.test(text)) return Number(text);
    const parts = this.list(name);
    const known = (part: string) =>
      isIP(part.replace(/\/\d{1,3}$/, '')) !== 0 || ['loopback', 'linklocal', 'uniquelocal'].includes(part);
    if (!parts.every(known)) {
      this.faults.push(`${name}: must be none, true, a number of hops, or addresses (10.0.0.0/8, loopback)`);
    }
    return parts;
  }

  requireForProduction(config: Config): void {
    const required = {
      DATABASE_URL: config.databaseUrl,
      JWT_SECRET: config.jwtSecret,
      ADMIN_USERNAME: config.adminUsername,
      ADMIN_PASSWORD: config.adminPassword,
    };
    this.require(required, 'NODE_ENV is production');
    if (config.demo) this.faults.push('DEMO: must be off when NODE_ENV is production');
    for (const name of ['JWT_SECRET', 'ADMIN_PASSWORD'] as const) {
      if (/change.?me|default|example|secret-?key|^password|^admin/i.test(this.env[name] ?? '')) {
        this.faults.push(`${name}: looks like a placeholder; choose one of your own`);
      }
    }
  }

  /** A consumer alone works on somebody else's database and broker. */
  requireForConsumer(config: Config): void {
    this.require({ DATABASE_URL: config.databaseUrl, RABBITMQ_URL: config.rabbitmqUrl }, 'ROLE is consumer');
  }

  require(required: Readonly<Record<string, unknown>>, when: string): void {
    for (const [name, value] of Object.entries(required)) {
      if (value === undefined) this.faults.push(`${name}: must be set when ${when}`);
    }
  }

  prefix(name: string): string {
    const text = this.text(name) ?? '';
    if (!/^[A-Za-z0-9._-]{0,64}$/.test(text)) this.faults.push(`${name}: must be at most 64 of A-Z a-z 0-9 . _ -`);
    return text;
  }

  throwIfFaulty(): void {
    if (this.faults.length > 0) throw new ConfigError(this.faults);
  }

  private list(name: string): string[] {
    return (this.text(name) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }
}
