import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, getSchemaPath } from '@nestjs/swagger';

/** The shape of every error. */
export class ErrorAnswer {
  @ApiProperty({ example: 'page_numbers: "3-1" runs backwards', description: 'Names the field and what was wrong.' })
  message!: string;

  @ApiProperty({ example: 400, description: 'The HTTP status again.' })
  status_code!: number;
}

/** Status → what it means, and a message as an example. */
const ERRORS: Readonly<Record<number, readonly [description: string, message: string]>> = {
  400: ['Malformed or invalid; the message names the field', 'job_id: is required'],
  401: ['No token, or one that is expired, revoked or not meant for this', 'No token provided'],
  403: ['Not allowed', 'Wrong update_key, or no simulation with this simulation_id'],
  404: ['Not found, or not yours', 'Job with provided ID does not exist'],
  409: ['Taken already', 'job_id: "demo" is taken already'],
  413: ['Too large; the message states the limit', 'body: is larger than the limit of 1048576 bytes (inflated)'],
  415: ['Wrong Content-Type or Content-Encoding', 'Content-Type: must be application/json'],
  429: ['Too many failures from this address; see Retry-After', 'Too many failures, try again later'],
  503: [
    'The database is away or the service is overloaded; see Retry-After',
    'The database is unavailable, try again shortly',
  ],
};

/** Documents the errors of an endpoint, where that helps with a message of its own as the example; 503 is always among them. */
export function ApiErrors(
  ...errors: (number | readonly [status: number, message: string])[]
): MethodDecorator & ClassDecorator {
  const examples = new Map(errors.map((error) => (typeof error === 'number' ? [error, undefined] : error)));
  const documented = [...examples.set(503, undefined)].map(([status, example]) => {
    const [description, usual] = ERRORS[status] ?? ['Error', 'Error'];
    const message = example ?? usual;
    const content = {
      'application/json': { schema: { $ref: getSchemaPath(ErrorAnswer) }, example: { message, status_code: status } },
    };
    return ApiResponse({ status, description, content });
  });
  return applyDecorators(ApiExtraModels(ErrorAnswer), ...documented);
}
