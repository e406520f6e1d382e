import { ApiProperty } from '@nestjs/swagger';

/** How much of something is stored. */
export class StoredBytes {
  @ApiProperty({ type: 'integer', example: 40_960, description: 'Compressed, as it is stored' })
  stored_bytes!: number;

  @ApiProperty({ type: 'integer', example: 163_840, description: 'As JSON or text, inflated' })
  raw_bytes!: number;
}

/** Of sums as the database gives them, some of them decimal text. */
export function storedBytes(stored: string | number, raw: string | number): Record<keyof StoredBytes, number> {
  return { stored_bytes: Number(stored), raw_bytes: Number(raw) };
}
