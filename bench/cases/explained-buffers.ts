import type pg from 'pg';
import type { RecordedStatement } from '../server/control-messages.js';
import { querying } from '../world/bench-world.js';

/** What the statements behind one request touch. */
export interface TouchedBuffers {
  readonly all: number;
  /** Of these, pages of B-trees on the way from the root to a leaf, both counted: as many a search as the tree has levels. */
  readonly descents: number;
}

interface PlanNode {
  readonly 'Index Name'?: string;
  /** Of all loops. */
  readonly 'Index Searches'?: number;
  readonly 'Conflict Arbiter Indexes'?: readonly string[];
  readonly 'Tuples Inserted'?: number;
  readonly 'Conflicting Tuples'?: number;
  readonly Plans?: readonly PlanNode[];
}

interface Explained {
  readonly 'QUERY PLAN': readonly [
    { readonly Plan: PlanNode & { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number } },
  ];
}

/**
 * How many buffers PostgreSQL touches for these statements, by EXPLAIN (ANALYZE, BUFFERS), in a transaction that is taken
 * back. How many levels a B-tree has is what its own first page says.
 */
export async function buffersOf(
  databaseUrl: string,
  statements: readonly RecordedStatement[],
): Promise<TouchedBuffers> {
  return querying(databaseUrl, async (client) => {
    await client.query('CREATE EXTENSION IF NOT EXISTS pageinspect');
    await client.query('BEGIN');
    let [all, descents] = [0, 0];
    for (const statement of statements) {
      const plan = await explain(client, statement);
      all += (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0);
      for (const { index, searches } of plan === undefined ? [] : searchesOf(plan)) {
        descents += searches * (await levelsOf(client, index));
      }
    }
    await client.query('ROLLBACK');
    return { all, descents };
  });
}

/** Undefined for what has no plan. */
async function explain(client: pg.Client, { text, values }: RecordedStatement) {
  if (!/^\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE)/i.test(text)) return undefined;
  // Bytes lose their kind on the way from one process to the other.
  const parameters = values.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value));
  const { rows } = await client.query<Explained>(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, parameters);
  return rows[0]?.['QUERY PLAN'][0].Plan;
}

/** Searches of indexes in a plan; ON CONFLICT looks for each row once, and goes the same way again to add its key. */
function* searchesOf(node: PlanNode): Generator<{ readonly index: string; readonly searches: number }> {
  const index = node['Index Name'];
  if (index !== undefined) yield { index, searches: node['Index Searches'] ?? 0 };
  const searches = 2 * (node['Tuples Inserted'] ?? 0) + (node['Conflicting Tuples'] ?? 0);
  for (const arbiter of node['Conflict Arbiter Indexes'] ?? []) yield { index: arbiter, searches };
  for (const child of node.Plans ?? []) yield* searchesOf(child);
}

async function levelsOf(client: pg.Client, index: string): Promise<number> {
  const { rows } = await client.query<{ levels: number }>('SELECT fastlevel::int + 1 AS levels FROM bt_metap($1)', [
    index,
  ]);
  return rows[0]?.levels ?? 0;
}
