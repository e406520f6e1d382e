import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** Documents the body of POST /results; it is read by the ResultsReader, which never builds it as an object. */
export class ResultsBody {
  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'integer' }],
    description: 'The job_id (string) or the sim_id (integer)',
    example: 'abc123-def456',
  })
  simulation_id!: string | number;

  @ApiProperty({ description: "The simulation's update key", example: 'the-update-key-of-the-simulation-0123456789' })
  update_key!: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'An older revision of a page never replaces a newer one',
  })
  revision?: number;

  @ApiPropertyOptional({ description: 'Store without making the results final', default: false })
  partial?: boolean;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'Final once at least so many pages are stored' })
  pages_total?: number;

  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  estimators!: object[];
}

const ENVELOPE = { simulation_id: 'abc123-def456', update_key: 'the-update-key-of-the-simulation-0123456789' };
const VALUES = [0.0, 0.001, 0.015];
const DEPTHS = [0.0, 0.5, 1.0];

/** One example for each of the two page shapes. */
export const RESULTS_EXAMPLES = {
  reference: {
    summary: "A page in the API reference's shape",
    value: {
      ...ENVELOPE,
      estimators: [
        {
          name: 'Detector0',
          pages: [{ page_number: 1, name: 'Z (Dose)', data: { values: VALUES, dimensions: [DEPTHS], unit: 'Gy' } }],
        },
      ],
    },
  },
  worker: {
    summary: "A page as Python workers build it from the simulator's output",
    value: {
      ...ENVELOPE,
      estimators: [
        {
          name: 'z_profile_',
          metadata: { number_of_primaries: '1000' },
          pages: [
            {
              dimensions: 1,
              metadata: { page_number: '0', name: 'DOSE', unit: 'MeV/g' },
              data: { name: 'DOSE', unit: 'MeV/g', values: VALUES },
              axis_dim1: { name: 'Position (Z)', unit: 'cm', values: DEPTHS },
            },
          ],
        },
      ],
    },
  },
};
