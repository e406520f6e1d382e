import { isDeepStrictEqual } from 'node:util';
import { inflateSync } from 'node:zlib';
import { jsonOf, type Session, type WorkerKey } from '../client/session.js';
import type { Content } from '../data/data-set.js';
import type { Check } from '../report/case-report.js';
import type { Stage } from '../scene.js';
import { querying } from '../world/bench-world.js';

interface SentPage {
  readonly page_number: number;
  readonly data: { readonly values: unknown };
}
interface Sent {
  readonly estimators: readonly { readonly name: string; readonly pages: readonly SentPage[] }[];
}

/** Whether the service gives back what it was sent. */
export async function servedAsSent(session: Session, { simulation_id }: WorkerKey, content: Content): Promise<Check> {
  const { estimators } = jsonOf(await session.read(`/results?job_id=${simulation_id}`)) as Sent;
  return {
    what: 'POST /results: read back as it was sent',
    holds: isDeepStrictEqual(estimators, parsed(content).estimators),
  };
}

/** Whether the yardstick stored what it was sent. */
export async function naiveStoredAsSent({ databaseUrl }: Stage, worker: WorkerKey, content: Content): Promise<Check> {
  const stored = await querying(databaseUrl, (client) =>
    client.query<{ estimator_name: string; page_number: number; body: Buffer }>(
      `SELECT estimator_name, page_number, body
         FROM bench.page WHERE simulation_id = (SELECT id FROM simulation WHERE job_id = $1)`,
      [worker.simulation_id],
    ),
  );
  const valuesOf = new Map(
    stored.rows.map((row) => [`${row.estimator_name}/${row.page_number}`, jsonOf({ body: inflateSync(row.body) })]),
  );
  const sent = parsed(content).estimators.flatMap(({ name, pages }) =>
    pages.map((page) => [`${name}/${page.page_number}`, page.data.values] as const),
  );
  const holds =
    sent.length === valuesOf.size && sent.every(([key, values]) => isDeepStrictEqual(valuesOf.get(key), values));
  return { what: 'naive: stored as it was sent', holds };
}

function parsed(content: Content): Sent {
  return JSON.parse(`{${Buffer.concat(content).toString('utf8')}}`) as Sent;
}
