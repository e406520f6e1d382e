import type { OpenAPIObject } from '@nestjs/swagger';
import { speaksDialect } from '../http/dialect.js';

interface Responses {
  readonly responses?: Readonly<Record<string, { content?: object }>>;
}

/** Documents the errors of the older dialect as they are there: `{message}`, while the decorators speak of root's. */
export function documentDialectErrors(document: OpenAPIObject): OpenAPIObject {
  for (const [path, operations] of Object.entries(document.paths)) {
    if (!speaksDialect(path)) continue;
    for (const { responses = {} } of Object.values(operations as Record<string, Responses>)) {
      for (const [status, response] of Object.entries(responses)) {
        if (Number(status) < 400) continue;
        const { example } = Object.values(response.content ?? {})[0] as { example: { message: string } };
        const schema = { type: 'object', required: ['message'], properties: { message: { type: 'string' } } };
        response.content = { 'application/json': { schema, example: { message: example.message } } };
      }
    }
  }
  return document;
}
