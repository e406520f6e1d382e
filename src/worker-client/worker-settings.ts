import { homedir } from 'node:os';
import { join } from 'node:path';
import { complain, type Tell } from './notice.js';
import { InvalidInput } from './worker-errors.js';

/** Where to send and for how long to try. Times are in seconds. */
export interface WorkerSettings {
  /** Empty for none, like `amqpUrl`. */
  readonly httpUrl: string;
  readonly amqpUrl: string;
  readonly exchange: string;
  readonly spoolDir: string;
  readonly spoolBytes: number;
  readonly messageBytes: number;
  readonly patience: number;
  readonly connectTimeout: number;
  readonly stallTimeout: number;
  readonly answerTimeout: number;
  readonly confirmTimeout: number;
  /** Ends every wait and every try, by rejecting with its reason; what was kept by then stays kept. */
  readonly signal: AbortSignal | undefined;
  readonly onNotice: Tell;
}

/** Any of them; what is left out comes from the environment. */
export type SettingsGiven = { readonly [Name in keyof WorkerSettings]?: WorkerSettings[Name] | undefined };

/** Whom a worker works for; what is left out comes from the environment. */
export interface IdentityGiven {
  /** The `job_id` of `POST /simulations`, or its `sim_id` as a number. */
  readonly simulationId?: string | number | undefined;
  /** The `update_key` of the same answer. */
  readonly updateKey?: string | undefined;
}

const MIB = 1024 * 1024;

/** Throws InvalidInput with the name of a variable that is no number. */
export function settingsFrom(given: SettingsGiven): WorkerSettings {
  return {
    httpUrl: given.httpUrl ?? variable('TALLYHOUSE_URL') ?? '',
    amqpUrl: given.amqpUrl ?? variable('RABBITMQ_URL') ?? '',
    exchange: given.exchange ?? variable('EXCHANGE') ?? 'ingest',
    spoolDir: given.spoolDir ?? variable('TALLYHOUSE_SPOOL') ?? join(stateFolder(), 'tallyhouse-spool'),
    spoolBytes: given.spoolBytes ?? number('TALLYHOUSE_SPOOL_BYTES') ?? 4096 * MIB,
    messageBytes: given.messageBytes ?? number('TALLYHOUSE_MESSAGE_BYTES') ?? 16 * MIB,
    patience: given.patience ?? number('TALLYHOUSE_PATIENCE') ?? 60,
    connectTimeout: given.connectTimeout ?? 10,
    stallTimeout: given.stallTimeout ?? 30,
    answerTimeout: given.answerTimeout ?? 120,
    confirmTimeout: given.confirmTimeout ?? 30,
    signal: given.signal,
    onNotice: given.onNotice ?? complain,
  };
}

/** Throws InvalidInput with the name of what is missing. */
export function identityFrom(given: IdentityGiven): {
  readonly simulationId: string | number;
  readonly updateKey: string;
} {
  const simulationId = given.simulationId ?? variable('SIMULATION_ID') ?? variable('JOB_ID') ?? '';
  const updateKey = given.updateKey ?? variable('UPDATE_KEY') ?? '';
  if (simulationId === '') throw new InvalidInput('simulation_id: set it, or SIMULATION_ID');
  if (updateKey === '') throw new InvalidInput('update_key: set it, or UPDATE_KEY');
  return { simulationId, updateKey };
}

function stateFolder(): string {
  return variable('XDG_STATE_HOME') ?? join(homedir(), '.local', 'state');
}

function number(name: string): number | undefined {
  const text = variable(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new InvalidInput(`${name}: must be a number`);
  return value;
}

/** One that is empty counts as not set. */
function variable(name: string): string | undefined {
  return process.env[name] || undefined;
}
