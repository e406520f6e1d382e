import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import type { WorkerBodyFormat } from '../../ingest/worker-body.js';
import { WorkerEnvelope } from '../../ingest/worker-envelope.js';

/** The envelope of POST /results and of `results.save`. */
export class ResultsEnvelope extends WorkerEnvelope {
  /** Orders versions of a page: an older one never replaces a newer one. */
  @IsOptional()
  @IsInt({ message: 'must be an integer from 0 to 9007199254740991' })
  @Min(0, { message: 'must be an integer from 0 to 9007199254740991' })
  @Max(Number.MAX_SAFE_INTEGER, { message: 'must be an integer from 0 to 9007199254740991' })
  revision?: number | null;

  /** True stores the pages without making the results final. */
  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  partial?: boolean | null;

  /** On a final body: the results are final once at least so many pages are stored. */
  @IsOptional()
  @IsInt({ message: 'must be an integer from 0 to 2147483647' })
  @Min(0, { message: 'must be an integer from 0 to 2147483647' })
  @Max(2_147_483_647, { message: 'must be an integer from 0 to 2147483647' })
  pages_total?: number | null;
}

/** Where the scalars and the content of a results body stand. */
export function resultsFormat(maxBytes: number): WorkerBodyFormat<ResultsEnvelope> {
  return {
    envelope: ResultsEnvelope,
    scalars: ['simulation_id', 'update_key', 'revision', 'partial', 'pages_total'],
    content: 'estimators',
    maxBytes,
  };
}
