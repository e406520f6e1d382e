import { IsOptional, IsString, ValidateBy } from 'class-validator';
import type { WorkerBodyFormat } from '../../ingest/worker-body.js';
import { WorkerEnvelope } from '../../ingest/worker-envelope.js';
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
}

/** Where the scalars and the content of a report stand. */
export const JOB_REPORT_FORMAT: WorkerBodyFormat<JobReportEnvelope> = {
  envelope: JobReportEnvelope,
  scalars: ['simulation_id', 'update_key', 'job_state', 'end_time'],
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
