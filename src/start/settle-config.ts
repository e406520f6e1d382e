import { join } from 'node:path';
import type { Config } from '../config/config.js';
import type { ServiceConfig } from '../config/config.module.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { keptSecret } from './secret-file.js';

/** A configuration without gaps, and what had to be made or started for that. */
export interface Settled {
  readonly config: ServiceConfig;
  readonly postgres: EmbeddedPostgres | undefined;
  /** The admin that was made up, with its password only the first time. */
  readonly generatedAdmin:
    { readonly username: string; readonly password: string; readonly isNew: boolean } | undefined;
  /** Where demo data is wanted: the demo user's password. */
  readonly demoPassword: string | undefined;
}

/**
 * Fills in what the environment leaves out (never in production, where that is refused before): secrets kept under
 * DATA_DIR, an embedded PostgreSQL, a first admin. Throws StartError.
 */
export async function settleConfig(config: Config, onDatabaseExit: (reason: string) => void): Promise<Settled> {
  const secretOf = (name: string) => keptSecret(join(config.dataDir, 'secrets', name));
  const jwtSecret = config.jwtSecret ?? (await secretOf('jwt')).secret;
  const generatedAdmin = await adminOf(config, secretOf);
  const demoPassword = config.demo
    ? (await secretOf('demo-password')).secret.slice(0, DEMO_PASSWORD_LENGTH)
    : undefined;
  const postgres =
    config.databaseUrl === undefined
      ? await startEmbeddedPostgres({ folder: join(config.dataDir, 'postgres'), onExit: onDatabaseExit })
      : undefined;
  const databaseUrl = config.databaseUrl ?? (postgres as EmbeddedPostgres).url;
  const admin = generatedAdmin && { adminUsername: generatedAdmin.username, adminPassword: generatedAdmin.password };
  return { config: { ...config, jwtSecret, databaseUrl, ...admin }, postgres, generatedAdmin, demoPassword };
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
