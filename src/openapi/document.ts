import type { INestApplication } from '@nestjs/common';
import { DIALECT_TAG } from '../http/dialect.js';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { documentDialectErrors } from './dialect-errors.js';

const DESCRIPTION = `Results backend of a Monte Carlo particle-transport platform: keeps what simulations bring (dose, fluence, LET on
grids), their input, logs and task states, and hands them back at once.

**To try it here:** press *POST /auth/login*, *Try it out*, fill in your login, *Execute*; the cookie that it sets logs this page in. Scripts use
the \`access_token\` of a login with \`"token": true\` as \`Authorization: Bearer\`. Workers show the simulation's \`update_key\`.

Every answer has \`message\`; an error has \`message\` and \`status_code\`, and the message names the field.`;

/** In the order in which a newcomer meets them. */
const SECTIONS = [
  ...['Authentication', 'Simulations', 'Results', 'Inputs', 'Logs', 'Tasks', 'Operation', DIALECT_TAG],
  ...['Admin: users', 'Admin: simulations', 'Admin: storage', 'Admin: dead letters', 'Admin: audit log'],
];

/** The OpenAPI document of what this application serves; `openapi.json` is its committed copy. */
export function createDocument(app: INestApplication): OpenAPIObject {
  const options = SECTIONS.reduce((builder, name) => builder.addTag(name), new DocumentBuilder())
    .setTitle('Tallyhouse')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addCookieAuth('access_token', { type: 'apiKey', in: 'cookie', name: 'access_token' }, 'cookie')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .addSecurityRequirements('cookie')
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, options, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  return documentDialectErrors(document);
}

/** Serves Swagger UI at /docs and the document at /docs/openapi.json. */
export function serveDocument(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Tallyhouse API',
    swaggerOptions: {
      withCredentials: true,
      persistAuthorization: true,
      displayRequestDuration: true,
    },
  });
}
