import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { faultOf } from '../errors/fault.js';
import { HTTP_STATUS } from '../errors/http-status.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { errorBody } from './dialect.js';
import { replyOf, requestOf } from './http-context.js';
import { answerAndDrain } from './refusal.js';

/** The one place where an error becomes an HTTP answer: never with a stack or SQL. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  constructor(private readonly metrics: MetricsService) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = requestOf(host);
    const reply = replyOf(host);
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    const { status, message, kind, retryAfter } = this.translate(error, request);
    this.metrics.countFailure(kind);
    if (retryAfter !== undefined) void reply.header('Retry-After', String(retryAfter));
    answerAndDrain(request, reply, status, errorBody(request.url, status, message));
  }

  private translate(
    error: unknown,
    request: FastifyRequest,
  ): { status: number; message: string; kind: string; retryAfter?: number | undefined } {
    const { kind, message, retryAfter } = faultOf(error);
    if (kind !== 'unexpected') {
      const status = HTTP_STATUS[kind];
      if (status === 503) this.logger.warn({ err: error, reqId: request.id }, message);
      return { status, message, kind, retryAfter };
    }
    if (error instanceof HttpException)
      return { status: error.getStatus(), message: httpMessage(error), kind: 'request' };
    const status = frameworkStatus(error);
    if (status !== undefined) return { status, message: (error as Error).message, kind: 'request' };
    this.logger.error({ err: error, reqId: request.id }, 'unexpected error');
    return { status: 500, message, kind };
  }
}

function httpMessage(error: HttpException): string {
  return error.getStatus() === 404 && error.message.startsWith('Cannot ')
    ? `${error.message.slice(7)}: no such endpoint`
    : error.message;
}

/** Errors of Fastify itself (a malformed URL, say) carry a client's status. */
function frameworkStatus(error: unknown): number | undefined {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : NaN;
  return status >= 400 && status < 500 ? status : undefined;
}
