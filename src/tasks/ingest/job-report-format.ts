import { IsOptional, IsString, ValidateBy } from 'class-validator';
import type { WorkerBodyFormat } from '../../ingest/worker-body.js';
import { WorkerEnvelope } from '../../ingest/worker-envelope.js';
import { IsPlainText, plainTextFault } from '../../validation/is-plain-text.decorator.js';
import type { FieldError } from '../domain/field-error.js';
import { parseUtcTime } from '../domain/utc-time.js';

/** The envelope of POST /jobs and of `jobs.update`. */
export class JobReportEnvelope extends WorkerEnvelope {
  @IsString({ message: 'must be a string' })
  job_state!: string;

  /** When the job ended. */
  @IsOptional()
  @IsUtcTime()
  end_time?: string | null;

  /** The folder on the cluster in which the job runs. */
  @IsOptional()
  @IsPlainText(0, 4096)
  job_dir?: string | null;

  /** Of the batch job whose array members are the tasks. */
  @IsOptional()
  @IsBatchId()
  array_id?: string | number | null;

  /** Of the batch job that collects their results. */
  @IsOptional()
  @IsBatchId()
  collect_id?: string | number | null;
}

/** Where the scalars and the content of a report stand. */
export const JOB_REPORT_FORMAT: WorkerBodyFormat<JobReportEnvelope> = {
  envelope: JobReportEnvelope,
  scalars: ['simulation_id', 'update_key', 'job_state', 'end_time', 'job_dir', 'array_id', 'collect_id'],
  aliases: { sim_id: 'simulation_id' },
  content: 'log',
  contentOptional: true,
  maxBytes: 1024 * 1024,
};

function IsUtcTime(): PropertyDecorator {
  return ValidateBy({
    name: 'isUtcTime',
    validator: {
      validate: (value: unknown) => timeFault(value) === undefined,
      defaultMessage: (context) => timeFault(context?.value) ?? '',
    },
  });
}

function timeFault(value: unknown): string | undefined {
  try {
    parseUtcTime(value, '');
    return undefined;
  } catch (error) {
    return (error as FieldError).wrong;
  }
}

/** Batch systems number their jobs; where scripts send the number as text it may have more to it (`4711_1`, `4711;cluster`). */
function IsBatchId(): PropertyDecorator {
  return ValidateBy({
    name: 'isBatchId',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'number'
          ? Number.isSafeInteger(value) && value >= 0
          : plainTextFault(value, 0, MAX_ID_CHARACTERS) === undefined,
      defaultMessage: () =>
        `must be an integer from 0 to 9007199254740991, or a text of at most ${MAX_ID_CHARACTERS} characters`,
    },
  });
}

const MAX_ID_CHARACTERS = 128;
