import pg from 'pg';
import type { RecordedStatement } from './control-messages.js';

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

/** Notes the statements that this process sends to the database, whichever way, so that their plans can be looked at. */
export class StatementRecorder {
  private statements: RecordedStatement[] | undefined;

  constructor() {
    const note = (statement: RecordedStatement) => this.statements?.push(statement);
    const prototype = pg.Client.prototype as unknown as { query: Query };
    const original = prototype.query;
    prototype.query = function (...args) {
      const [first, values] = args;
      if (typeof first === 'string') note({ text: first, values: Array.isArray(values) ? values : [] });
      else note(statementOf(first as Partial<RecordedStatement>));
      return original.apply(this, args);
    };
  }

  start(): void {
    this.statements = [];
  }

  stop(): readonly RecordedStatement[] {
    const { statements = [] } = this;
    this.statements = undefined;
    return statements;
  }
}

/** A configuration, or anything that submits itself (a cursor, a COPY). */
function statementOf({ text = '', values }: Partial<RecordedStatement>): RecordedStatement {
  return { text, values: Array.isArray(values) ? values : [] };
}
