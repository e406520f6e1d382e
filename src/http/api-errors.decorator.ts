import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiResponse } from '@nestjs/swagger';

/** The shape of every error. */
export class ErrorAnswer {
  @ApiProperty({ example: 'page_numbers: "3-1" runs backwards', description: 'Names the field and what was wrong.' })
  message!: string;

  @ApiProperty({ example: 400, description: 'The HTTP status again.' })
  status_code!: number;
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'Malformed or invalid; the message names the field',
  401: 'No token, or one that is expired, revoked or not meant for this',
  403: 'Not allowed',
  404: 'Not found, or not yours',
  409: 'Taken already',
  413: 'Too large; the message states the limit',
  415: 'Wrong Content-Type or Content-Encoding',
  429: 'Too many failures from this address; see Retry-After',
  503: 'The database is away or the service is overloaded; see Retry-After',
};

/** Documents the errors of an endpoint; 503 is always among them. */
export function ApiErrors(...statuses: number[]): MethodDecorator & ClassDecorator {
  const documented = [...new Set([...statuses, 503])].map((status) =>
    ApiResponse({ status, description: DESCRIPTIONS[status] ?? 'Error', type: ErrorAnswer }),
  );
  return applyDecorators(...documented);
}
