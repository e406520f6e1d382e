import { jsonObject } from '../prisma/json-text.js';
import { type Database, PreparedStatement } from '../prisma/database.js';
import {
  IS_VISIBLE,
  versionOf,
  type Viewer,
  visibleTo,
  withSummaries,
} from '../simulations/simulation-access.service.js';
import type { EstimatorListMembers } from './domain/estimator-list-members.js';

/** A list of estimators as PostgreSQL prints it. */
export interface FoundEstimators {
  /** Of the results. */
  readonly version: string;
  /** Pages stored. */
  readonly pagesStored: number;
  /** JSON in UTF-8. */
  readonly text: Buffer;
}

/** What may be told of a page: SQL of its JSON text. */
const OF_PAGE = {
  number: 'page_number',
  name: 'to_json(name)',
  bins: 'array_to_json(bins)',
  axes: 'cardinality(bins)',
} as const satisfies Record<EstimatorListMembers['page'][string], string>;

const statements = new Map<string, PreparedStatement>();

/**
 * A list of all estimators, in the order in which they were first stored, with all pages by number, but without the arrays; undefined
 * where there is no such simulation that `viewer` may see. PostgreSQL prints its text (decision 22), with one scan of `estimator`
 * and one of `page`, whatever the number of estimators.
 */
export async function findEstimators(
  database: Database,
  viewer: Viewer,
  jobId: string,
  names: EstimatorListMembers,
): Promise<FoundEstimators | undefined> {
  let statement = statements.get(names.list);
  if (statement === undefined) statements.set(names.list, (statement = statementFor(names)));
  return database.reading(statement.with(visibleTo(viewer, jobId)), (rows) => {
    if (!rows.next()) return undefined;
    return { version: rows.text(0), pagesStored: rows.int4(1), text: rows.copyOf(2) };
  });
}

function statementFor({ list, estimators, pages, page }: EstimatorListMembers): PreparedStatement {
  const ofPage = Object.fromEntries(Object.entries(page).map(([name, told]) => [name, OF_PAGE[told]]));
  const ofEstimator = { name: 'to_json(e.name)', [pages]: listOf('p.texts') };
  return new PreparedStatement(
    list,
    `SELECT ${versionOf('results')} AS version, r.pages,
            ${jsonObject({ message: `'"Estimators"'`, [estimators]: listOf('l.texts') })}
       ${withSummaries('results')}
      CROSS JOIN LATERAL (
        SELECT string_agg(${jsonObject(ofEstimator)}, ',' ORDER BY e.no) AS texts
          FROM estimator e
          LEFT JOIN (SELECT estimator_no, string_agg(${jsonObject(ofPage)}, ',' ORDER BY page_number) AS texts
                       FROM page WHERE simulation_id = s.id GROUP BY estimator_no) p ON p.estimator_no = e.no
         WHERE e.simulation_id = s.id) l
      WHERE ${IS_VISIBLE}`,
  );
}

/** SQL of a JSON list of texts that are joined already; of none where they are NULL. */
function listOf(texts: string): string {
  return `'[' || COALESCE(${texts}, '') || ']'`;
}
