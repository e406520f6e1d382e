import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { invalid } from '../../src/errors/app-error.js';
import type { Transaction } from '../../src/prisma/database.js';

const deflateInPool = promisify<Buffer, { level: number }, Buffer>(deflate);

/** The service's own level. */
const LEVEL = 4;

/** A body of `POST /results` in the API reference's shape. */
export interface NaiveResultsBody {
  readonly simulation_id: string | number;
  readonly update_key: string;
  readonly estimators: readonly {
    readonly name: string;
    readonly pages: readonly {
      readonly page_number: number;
      readonly name: string;
      readonly data: { readonly values: number[]; readonly dimensions: number[][]; readonly unit: string };
    }[];
  }[];
}

/** Stores a parsed body row by row, each array compressed on zlib's threads. */
export async function storeNaiveResults(tx: Transaction, simulationId: number, body: NaiveResultsBody): Promise<void> {
  for (const estimator of body.estimators) {
    for (const { page_number: number, name, data } of estimator.pages) {
      const bins = data.dimensions.reduce((product, axis) => product * axis.length, 1);
      if (data.values.length !== bins) throw invalid('values', 'must be as many as there are bins');
      const arrays = await Promise.all([data.values, ...data.dimensions].map(compressed));
      await upsertNaivePage(tx, [simulationId, estimator.name, number, name, data.unit], arrays);
    }
  }
}

/** One page, one statement. */
export async function upsertNaivePage(
  tx: Transaction,
  page: readonly [simulationId: number, estimator: string, pageNumber: number, name: string, unit: string],
  [body, axis1 = null, axis2 = null, axis3 = null]: readonly (Buffer | null)[],
): Promise<void> {
  await tx.query(
    `INSERT INTO bench.page (simulation_id, estimator_name, page_number, name, unit, body, axis1, axis2, axis3)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (simulation_id, estimator_name, page_number) DO UPDATE
        SET (name, unit, body, axis1, axis2, axis3) =
            (EXCLUDED.name, EXCLUDED.unit, EXCLUDED.body, EXCLUDED.axis1, EXCLUDED.axis2, EXCLUDED.axis3)`,
    [...page, body, axis1, axis2, axis3],
  );
}

async function compressed(array: number[]): Promise<Buffer> {
  return deflateInPool(Buffer.from(JSON.stringify(array)), { level: LEVEL });
}
