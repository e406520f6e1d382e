import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Dispatch } from '../../dispatch/dispatch.service.js';
import type { Platform } from '../../dispatch/domain/platform.js';
import { invalid } from '../../errors/app-error.js';
import { SimulationsService } from '../../simulations/simulations.service.js';
import { projectTitle } from '../project-title.js';

const MAX_OPTIONS_BYTES = 64 * 1024;
const INPUTS = { editor: 'input_json', files: 'input_files' } as const;

/** The body of POST /yaptide/jobs/direct and /yaptide/jobs/batch. */
export class JobSubmission {
  static readonly shape = {
    object: {
      input_json: 'raw',
      input_files: 'raw',
      input_type: 'value',
      title: 'value',
      sim_type: 'value',
      ntasks: 'value',
      batch_options: 'raw',
    },
  } as const;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'A project of the editor; this or `input_files`',
    example: { project: { title: 'Proton pencil beam' }, beam: { energy: 150, numberOfParticles: 10_000 } },
  })
  input_json?: Buffer;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'The texts of input files by name; this or `input_json`',
  })
  input_files?: Buffer;

  @ApiPropertyOptional({ enum: ['editor', 'files'], description: 'Which of both it is, where it is named' })
  input_type?: unknown;

  @ApiPropertyOptional({ type: String, description: "The project's title where it is left out" })
  title?: unknown;

  @ApiProperty({ type: String, example: 'shieldhit', description: 'The simulator: shieldhit, fluka, geant4, topas, …' })
  sim_type?: unknown;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 10_000, default: 1, example: 4 })
  ntasks?: unknown;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'For whoever runs the tasks, 64 KiB at most; admins see them',
  })
  batch_options?: Buffer;

  /** The same as root's submission. Throws `invalid` with the field's name. */
  submission(): ReturnType<typeof SimulationsService.submissionOf> {
    const inputType = this.inputType();
    const input = inputOf(this, inputType) as Buffer;
    const given = this.title ?? '';
    const title = given === '' && inputType === 'editor' ? projectTitle(input) : given;
    return SimulationsService.submissionOf({
      title: title === '' && typeof this.sim_type === 'string' ? `Simulation with ${this.sim_type}` : title,
      sim_type: this.sim_type,
      input_type: inputType,
      ntasks: this.ntasks ?? 1,
      input,
    });
  }

  /** How its tasks are to be handed out. Throws `invalid` with the field's name. */
  dispatch(platform: Platform): Dispatch {
    const options = present(this.batch_options);
    if (options !== undefined && options[0] !== 0x7b) throw invalid('batch_options', 'must be an object');
    if (options !== undefined && options.length > MAX_OPTIONS_BYTES) {
      throw invalid('batch_options', `must have at most ${MAX_OPTIONS_BYTES} bytes`);
    }
    return { platform, batchOptions: options?.toString() ?? null, inputName: INPUTS[this.inputType()] };
  }

  private inputType(): 'editor' | 'files' {
    const types = (['editor', 'files'] as const).filter((type) => inputOf(this, type) !== undefined);
    const [type] = types;
    if (type === undefined) throw invalid('input_json, input_files', 'one of them is required');
    if (types.length > 1) throw invalid('input_json, input_files', 'only one of them may be there');
    if (this.input_type !== undefined && this.input_type !== null && this.input_type !== type) {
      throw invalid('input_type', `must be ${type} where ${INPUTS[type]} is sent`);
    }
    return type;
  }
}

function inputOf(body: JobSubmission, type: 'editor' | 'files'): Buffer | undefined {
  return present(body[INPUTS[type]]);
}

/** JSON's null counts as absent. */
function present(text: Buffer | undefined): Buffer | undefined {
  return text === undefined || text.equals(NULL) ? undefined : text;
}

const NULL = Buffer.from('null');

/** The answer of both. */
export class JobSubmissionAnswer {
  @ApiProperty({ example: 'Job submitted' })
  message!: string;

  @ApiProperty({ example: '5b0e0e6e-3c0f-4f5f-9f0e-0e6e3c0f4f5f' })
  job_id!: string;
}
