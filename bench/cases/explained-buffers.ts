import type pg from 'pg';
import type { RecordedStatement } from '../server/control-messages.js';
import { querying } from '../world/bench-world.js';

interface Explained {
  readonly 'QUERY PLAN': readonly [
    { readonly Plan: { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number } },
  ];
}

/**
 * How many buffers PostgreSQL touches for these statements, by EXPLAIN (ANALYZE, BUFFERS), in a transaction that is taken
 * back.
 */
export async function buffersOf(databaseUrl: string, statements: readonly RecordedStatement[]): Promise<number> {
  return querying(databaseUrl, async (client) => {
    await client.query('BEGIN');
    let buffers = 0;
    for (const statement of statements) buffers += await explain(client, statement);
    await client.query('ROLLBACK');
    return buffers;
  });
}

async function explain(client: pg.Client, { text, values }: RecordedStatement): Promise<number> {
  const query = /^\s*COPY\s*\(([\s\S]*)\)\s*TO STDOUT/i.exec(text)?.[1] ?? text;
  if (!/^\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE)/i.test(query)) return 0;
  // Bytes lose their kind on the way from one process to the other.
  const parameters = values.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value));
  const { rows } = await client.query<Explained>(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${query}`, parameters);
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  return (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0);
}
