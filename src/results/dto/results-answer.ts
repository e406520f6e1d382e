import { ApiProperty } from '@nestjs/swagger';

class PageDataAnswer {
  @ApiProperty({
    type: [Number],
    description: 'Flat, first axis fastest; null where not a number',
    example: [0.0, 0.001, 0.015],
  })
  values!: (number | null)[];

  @ApiProperty({
    description: 'One list an axis: one entry a bin, or one more (edges)',
    type: 'array',
    items: { type: 'array', items: { type: 'number' } },
    example: [[0.0, 0.5, 1.0]],
  })
  dimensions!: number[][];

  @ApiProperty({ example: 'Gy' })
  unit!: string;
}

class PageAnswer {
  @ApiProperty({ type: 'integer', example: 1 })
  page_number!: number;

  @ApiProperty({ example: 'Z (Dose)' })
  name!: string;

  @ApiProperty()
  data!: PageDataAnswer;
}

class EstimatorAnswer {
  @ApiProperty({ example: 'Detector0' })
  name!: string;

  @ApiProperty({ type: [PageAnswer] })
  pages!: PageAnswer[];
}

/** The answer of GET /results. */
export class ResultsAnswer {
  @ApiProperty({ example: 'Results' })
  message!: string;

  @ApiProperty({ type: [EstimatorAnswer] })
  estimators!: EstimatorAnswer[];
}

class PageSummaryAnswer {
  @ApiProperty({ type: 'integer', example: 1 })
  page_number!: number;

  @ApiProperty({ example: 'Z (Dose)' })
  name!: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'integer' },
    description: 'Number of bins along each axis',
    example: [400],
  })
  dimensions!: number[];
}

class EstimatorSummaryAnswer {
  @ApiProperty({ example: 'Detector0' })
  name!: string;

  @ApiProperty({ type: [PageSummaryAnswer] })
  pages!: PageSummaryAnswer[];
}

/** The answer of GET /estimators. */
export class EstimatorsAnswer {
  @ApiProperty({ example: 'Estimators' })
  message!: string;

  @ApiProperty({ type: [EstimatorSummaryAnswer] })
  estimators!: EstimatorSummaryAnswer[];
}
