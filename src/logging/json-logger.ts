import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';
import { BatchedLines } from './batched-lines.js';

/** The process' logger: one JSON object a line on standard output, control characters escaped. */
export function createLogger(level: string): Logger {
  const options = { level, base: null, timestamp: isoTime, messageKey: 'message' };
  return pino(options, (standardOutput ??= new BatchedLines(process.stdout)));
}

/** One for all loggers of the process, of which tests make many. */
let standardOutput: BatchedLines | undefined;

let last = { at: 0, member: '' };

/** What pino puts into a line; the same for all of one millisecond, because to print a date costs as much as the rest of the line. */
function isoTime(): string {
  const at = Date.now();
  if (at !== last.at) last = { at, member: `,"time":"${new Date(at).toISOString()}"` };
  return last.member;
}

/**
 * Nest's loggers on pino: `log('text')`, or `log({ fields }, 'text')`; the last parameter is the context that Nest
 * adds. Never pass a secret, a token or a body.
 */
export class JsonLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(
    level: 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.at(-1);
    // Nest narrates every route and module that it starts; that is for those who debug the start.
    const shown = level === 'info' && NARRATORS.has(String(context)) ? 'debug' : level;
    if (message instanceof Error) this.logger[shown]({ context, err: message }, message.message);
    else if (typeof message === 'object' && message !== null)
      this.logger[shown]({ context, ...message }, String(rest[0]));
    else this.logger[shown]({ context, ...stackOf(rest) }, String(message));
    // It may be the last thing that this process says.
    if (URGENT.has(level)) this.logger.flush();
  }
}

const URGENT = new Set(['warn', 'error', 'fatal']);
const NARRATORS = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

function stackOf(rest: readonly unknown[]): { stack?: string } {
  const [first] = rest;
  return rest.length > 1 && typeof first === 'string' && first.includes('\n') ? { stack: first } : {};
}
