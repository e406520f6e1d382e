import { createParamDecorator, type ExecutionContext, Injectable, type PipeTransform } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { invalid } from '../errors/app-error.js';
import { overLimit, type WorkerBody } from '../ingest/worker-body.js';
import { DocumentBuilder, type JsonShape } from '../json/document-builder.js';
import { JsonScanner } from '../json/json-scanner.js';
import { Utf8Check } from '../json/utf8-check.js';
import { validateDto } from '../validation/validate-dto.js';
import { bodySource } from './body-source.js';
import { requestOf } from './http-context.js';

/** A DTO of a JSON body: its class-validator rules, and which members are interpreted. */
export interface JsonDto<T extends object> {
  new (): T;
  readonly shape: JsonShape;
}

/** Inflated bytes of a body where nothing else is said. */
const DEFAULT_MAX_BYTES = 1024 * 1024;

/**
 * The request's JSON body as a validated instance of `type`: inflated, bounded, strict (no member twice). Throws
 * `invalid` with the field's name, and `tooLarge`.
 */
export function JsonBody<T extends object>(type: JsonDto<T>, maxBytes = DEFAULT_MAX_BYTES): ParameterDecorator {
  return RawRequest(new JsonBodyPipe(type, maxBytes));
}

/** The same where the body may be left out altogether, which is as good as `{}`. */
export function OptionalJsonBody<T extends object>(type: JsonDto<T>): ParameterDecorator {
  return RawRequest(new JsonBodyPipe(type, DEFAULT_MAX_BYTES, {}));
}

const RawRequest = createParamDecorator((_: unknown, context: ExecutionContext) => requestOf(context));

@Injectable()
class JsonBodyPipe<T extends object> implements PipeTransform<FastifyRequest, Promise<T>> {
  constructor(
    private readonly type: JsonDto<T>,
    private readonly maxBytes: number,
    private readonly instead?: object,
  ) {}

  async transform(request: FastifyRequest): Promise<T> {
    const value = await readDocument(bodySource(request).chunks, this.type.shape, this.maxBytes, this.instead);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw invalid('body', 'must be a JSON object');
    return validateDto(this.type, value as Record<string, unknown>);
  }
}

/** Reads one JSON document of at most `maxBytes` into plain values; `instead` is taken for one of no bytes at all. */
export async function readDocument(
  chunks: WorkerBody['chunks'],
  shape: JsonShape,
  maxBytes: number,
  instead?: object,
): Promise<unknown> {
  let document: unknown;
  const scanner = new JsonScanner(new DocumentBuilder(shape, '', (value) => (document = value)));
  const utf8 = new Utf8Check();
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw overLimit(maxBytes);
    utf8.write(chunk);
    scanner.write(chunk);
  }
  if (bytes === 0 && instead !== undefined) return instead;
  utf8.end();
  scanner.end();
  return document;
}
