import { Controller, Get } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/public.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { DIALECT_PREFIX, DIALECT_TAG } from '../http/dialect.js';

/** Word for word what that platform's own tests ask for. */
const GREETING = { message: 'Hello World!' };

@ApiTags(DIALECT_TAG)
@Public()
@Controller(DIALECT_PREFIX)
export class YaptideController {
  @Get()
  @ApiOperation({ summary: 'Whether somebody is there' })
  @ApiResponse({ status: 200, schema: { example: GREETING } })
  @ApiErrors()
  greet(): { message: string } {
    return GREETING;
  }

  // Nest takes one slash off the end of a path.
  @Get('//')
  @ApiExcludeEndpoint()
  greetBehindSlash(): { message: string } {
    return GREETING;
  }
}
