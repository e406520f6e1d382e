import { join } from 'node:path';
import type { Config } from '../config/config.js';
import type { ServiceConfig } from '../config/config.module.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { type EmbeddedRabbitmq, startEmbeddedRabbitmq } from '../embedded/embedded-rabbitmq.js';
import { keptSecret } from './secret-file.js';

/** A configuration without gaps, and what had to be made or started for that. */
export interface Settled {
  readonly config: ServiceConfig;
  readonly postgres: EmbeddedPostgres | undefined;
  readonly rabbitmq: EmbeddedRabbitmq | undefined;
  /** Why there is no second door, where nobody decided that. */
  readonly httpOnly: string | undefined;
  /** The admin that was made up, with its password only the first time. */
  readonly generatedAdmin:
    { readonly username: string; readonly password: string; readonly isNew: boolean } | undefined;
  /** Where demo data is wanted: the demo user's password. */
  readonly demoPassword: string | undefined;
}

/**
 * Fills in what the environment leaves out (never in production, where that is refused before): secrets kept under
 * DATA_DIR, an embedded PostgreSQL, a private RabbitMQ where one is installed, a first admin. Throws StartError.
 */
export async function settleConfig(config: Config, events: ServerEvents): Promise<Settled> {
  const secretOf = (name: string) => keptSecret(join(config.dataDir, 'secrets', name));
  const jwtSecret = config.jwtSecret ?? (await secretOf('jwt')).secret;
  const generatedAdmin = await adminOf(config, secretOf);
  const demoPassword = config.demo
    ? (await secretOf('demo-password')).secret.slice(0, DEMO_PASSWORD_LENGTH)
    : undefined;
  const broker = startBroker(config, events);
  const postgres = await startDatabase(config, events).catch(async (error: unknown) => {
    await (await broker).rabbitmq?.stop();
    throw error;
  });
  const { rabbitmq, httpOnly } = await broker;
  const databaseUrl = config.databaseUrl ?? (postgres as EmbeddedPostgres).url;
  const rabbitmqUrl = config.rabbitmqUrl ?? rabbitmq?.url;
  const admin = generatedAdmin && { adminUsername: generatedAdmin.username, adminPassword: generatedAdmin.password };
  const settled = { ...config, jwtSecret, databaseUrl, rabbitmqUrl, ...admin };
  return { config: settled, postgres, rabbitmq, httpOnly, generatedAdmin, demoPassword };
}

/** What happens to the servers that were started. */
export interface ServerEvents {
  readonly onDatabaseExit: (reason: string) => void;
  /** It is started again by itself. */
  readonly onBrokerExit: (reason: string) => void;
}

async function startDatabase(config: Config, { onDatabaseExit }: ServerEvents): Promise<EmbeddedPostgres | undefined> {
  if (config.databaseUrl !== undefined) return undefined;
  return startEmbeddedPostgres({ folder: join(config.dataDir, 'postgres'), onExit: onDatabaseExit });
}

const HOW_TO_ADD = 'set RABBITMQ_URL, or install rabbitmq-server (Debian: apt-get install rabbitmq-server)';

/** Never throws: without RabbitMQ all goes over HTTP, as it does for workers whose network is down. */
async function startBroker(
  { rabbitmqUrl, role, production, dataDir }: Config,
  { onBrokerExit }: ServerEvents,
): Promise<Pick<Settled, 'rabbitmq' | 'httpOnly'>> {
  const none = { rabbitmq: undefined, httpOnly: undefined };
  if (rabbitmqUrl !== undefined || role === 'api') return none;
  if (production) return { ...none, httpOnly: 'to add RabbitMQ, set RABBITMQ_URL' };
  try {
    const rabbitmq = await startEmbeddedRabbitmq({ folder: join(dataDir, 'rabbitmq'), onExit: onBrokerExit });
    return { rabbitmq, httpOnly: rabbitmq === undefined ? `to add RabbitMQ, ${HOW_TO_ADD}` : undefined };
  } catch (error) {
    return { ...none, httpOnly: (error as Error).message };
  }
}

/** 96 bits: short enough to type. */
const DEMO_PASSWORD_LENGTH = 16;

async function adminOf(
  { adminUsername, adminPassword, production }: Config,
  secretOf: (name: string) => Promise<{ secret: string; isNew: boolean }>,
): Promise<Settled['generatedAdmin']> {
  if (production || (adminUsername !== undefined && adminPassword !== undefined)) return undefined;
  const { secret, isNew } = await secretOf('admin-password');
  return { username: adminUsername ?? 'admin', password: adminPassword ?? secret, isNew };
}
