import pg from 'pg';
import { type Answer, type Call, call } from './client.js';

type Row = Record<string, unknown>;

/** An entry of the audit log without what differs from run to run. */
export interface AuditRow {
  readonly admin: string;
  readonly action: string;
  readonly subject: string;
  readonly details: Row;
}

/** Calls the admin endpoints of a service in the name of one admin. */
export class AdminClient {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async call(path: string, options: Call = {}): Promise<Answer> {
    return call(this.url + path, { token: this.token, ...options });
  }

  /** Walks over a whole list, `limit` at a time; `between` is done after each part. */
  async walk(path: string, list: string, limit: number, between?: () => Promise<unknown>): Promise<Row[]> {
    const rows: Row[] = [];
    let cursor: unknown = undefined;
    do {
      const separator = path.includes('?') ? '&' : '?';
      const more = typeof cursor === 'string' ? `&cursor=${encodeURIComponent(cursor)}` : '';
      const body = (await this.call(`${path}${separator}limit=${limit}${more}`)).json();
      rows.push(...(body[list] as Row[]));
      cursor = body['next_cursor'];
      await between?.();
    } while (cursor !== null);
    return rows;
  }

  /** What the audit log tells of this subject, oldest first. */
  async auditOf(subject: string): Promise<AuditRow[]> {
    const rows = await this.walk(`/admin/audit-log?subject=${encodeURIComponent(subject)}`, 'entries', 200);
    return (rows as unknown as AuditRow[])
      .map(({ admin, action, details }) => ({ admin, action, subject, details }))
      .reverse();
  }

  /** The number of a user. */
  async userId(username: string): Promise<number> {
    const users = await this.walk(`/admin/users?username=${encodeURIComponent(username)}`, 'users', 200);
    return Number(users.find((user) => user['username'] === username)?.['user_id']);
  }
}

/** Status and message of an answer. */
export async function outcome(answer: Promise<Answer>): Promise<[number, unknown]> {
  const received = await answer;
  return [received.status, received.json()['message']];
}

/** One statement on the service's database, over a connection of its own. */
export async function sql(databaseUrl: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}
