import { ApiProperty } from '@nestjs/swagger';

/** The answer of GET /inputs. */
export class InputsAnswer {
  @ApiProperty({ example: 'Inputs' })
  message!: string;

  @ApiProperty({ enum: ['editor', 'files'] })
  input_type!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'As it was submitted' })
  input!: object;
}

/** One example for each input type. */
export const INPUTS_EXAMPLES = {
  editor: {
    summary: 'A project of the editor',
    value: { message: 'Inputs', input_type: 'editor', input: { project: {}, beam: {}, figureManager: {} } },
  },
  files: {
    summary: 'Input files of a simulator',
    value: {
      message: 'Inputs',
      input_type: 'files',
      input: { 'beam.dat': '…', 'geo.dat': '…', 'mat.dat': '…', 'detect.dat': '…' },
    },
  },
};
