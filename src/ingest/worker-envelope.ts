import {
  IsString,
  Validate,
  ValidateIf,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';

/** What every body of a worker says about itself. */
export class WorkerEnvelope {
  /** The job_id (string) or the sim_id (integer). */
  @Validate(IsSimulationId())
  simulation_id!: string | number;

  /** The simulation's update key; may come in the header X-Update-Key instead. */
  @ValidateIf((envelope: WorkerEnvelope) => envelope.update_key !== undefined)
  @IsString({ message: 'must be a string' })
  update_key?: string;
}

/** 1 to 128 characters of A-Z a-z 0-9 . _ : - */
export const JOB_ID = /^[A-Za-z0-9._:-]{1,128}$/;

function IsSimulationId(): new () => ValidatorConstraintInterface {
  @ValidatorConstraint({ name: 'isSimulationId' })
  class SimulationIdConstraint implements ValidatorConstraintInterface {
    validate(value: unknown): boolean {
      return typeof value === 'string' ? JOB_ID.test(value) : Number.isSafeInteger(value) && Number(value) > 0;
    }

    defaultMessage(): string {
      return 'must be a job_id (1 to 128 characters of A-Z a-z 0-9 . _ : -) or a sim_id (a positive integer)';
    }
  }
  return SimulationIdConstraint;
}
