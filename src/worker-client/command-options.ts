import { parseArgs, type ParseArgsConfig } from 'node:util';
import { type CommandName, COMMANDS } from './command-help.js';
import { InvalidInput } from './worker-errors.js';
import type { IdentityGiven, SettingsGiven } from './worker-settings.js';

const SHARED = {
  help: { type: 'boolean', default: false },
  url: { type: 'string' },
  exchange: { type: 'string' },
  spool: { type: 'string' },
  patience: { type: 'string' },
  simulation: { type: 'string' },
  verbose: { type: 'boolean', default: false },
} as const;

const OWN: Readonly<Record<CommandName, NonNullable<ParseArgsConfig['options']>>> = {
  results: { partial: { type: 'boolean' }, revision: { type: 'string' }, 'pages-total': { type: 'string' } },
  logs: { task: { type: 'string' } },
  task: {
    state: { type: 'string' },
    'simulated-primaries': { type: 'string' },
    'requested-primaries': { type: 'string' },
    'estimated-time': { type: 'string' },
    'start-time': { type: 'string' },
    'end-time': { type: 'string' },
  },
  job: { log: { type: 'string', multiple: true }, 'end-time': { type: 'string' } },
  flush: {},
};

/** A command line as it was typed; the texts are not judged yet. */
export class CommandOptions {
  private constructor(
    /** Undefined where only help is asked for. */
    readonly name: CommandName | undefined,
    readonly operands: readonly string[],
    private readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
  ) {}

  /** Throws InvalidInput where a command or an option does not exist. */
  static of([first, ...rest]: readonly string[]): CommandOptions {
    if (first === '--help' || first === '-h') return new CommandOptions(undefined, [], { help: true });
    const name = (Object.keys(COMMANDS) as CommandName[]).find((command) => command === first);
    if (name === undefined) {
      const choices = Object.keys(COMMANDS).join(', ');
      throw new InvalidInput(`${first ?? 'no command'}: invalid choice (choose from ${choices}; see --help)`);
    }
    try {
      const options = { ...SHARED, ...OWN[name] };
      const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: true });
      return new CommandOptions(name, positionals, values);
    } catch (error) {
      throw new InvalidInput(`${(error as Error).message} (see --help)`);
    }
  }

  is(option: string): boolean {
    return this.values[option] === true;
  }

  text(option: string): string | undefined {
    const value = this.values[option];
    return typeof value === 'string' ? value : undefined;
  }

  list(option: string): readonly string[] {
    const value = this.values[option];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  number(option: string): number | undefined {
    const text = this.text(option);
    return text === undefined ? undefined : numberOf(text, `--${option}`);
  }

  /** A time; "now" is the present one. */
  time(option: string): string | undefined {
    const text = this.text(option);
    return text === 'now' ? new Date().toISOString() : text;
  }

  /** The one argument of the command. */
  get argument(): string {
    const [argument, ...more] = this.operands;
    if (argument === undefined || more.length > 0)
      throw new InvalidInput('exactly one argument is needed (see --help)');
    return argument;
  }

  get worker(): IdentityGiven & SettingsGiven {
    return {
      simulationId: this.text('simulation'),
      httpUrl: this.text('url'),
      exchange: this.text('exchange'),
      spoolDir: this.text('spool'),
      patience: this.number('patience'),
    };
  }
}

/** Throws InvalidInput where a text is no number. */
export function numberOf(text: string, name: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidInput(`${name}: must be a number`);
  return value;
}
