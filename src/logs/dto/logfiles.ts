import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const TEXTS = { type: 'object', additionalProperties: { type: 'string' } } as const;

/** The answer of GET /logfiles. */
export class LogfilesAnswer {
  @ApiProperty({ example: 'Logfiles' })
  message!: string;

  @ApiProperty({ ...TEXTS, example: { 'task_1/stdout': 'SHIELD-HIT12A version 1.0.0\nStarting simulation...\n' } })
  logfiles!: Record<string, string>;
}

/** Documents the body of POST /logfiles; it is read by the LogsReader, which never holds a text whole. */
export class LogfilesBody {
  @ApiProperty({ oneOf: [{ type: 'string' }, { type: 'integer' }], example: 'abc123-def456' })
  simulation_id!: string | number;

  @ApiProperty({ example: 'the-update-key-of-the-simulation-0123456789' })
  update_key!: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, example: 1 })
  task_id?: number;

  @ApiProperty({ ...TEXTS, example: { stdout: 'Starting simulation...\n', stderr: '' } })
  logfiles!: Record<string, string>;
}
