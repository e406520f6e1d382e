import { applyDecorators, Catch, Controller, type RpcExceptionFilter, UseFilters } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';

/** Hands an error on as it is: Nest's own filter would lose its kind. */
@Catch()
class ErrorAsItIs implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * A class whose `@EventPattern(routingKey)` methods take in messages, each the `WorkerBody` of one. A method that returns
 * has committed; what it throws decides, by its kind, what becomes of the message (see errors/delivery-outcome.ts).
 */
export function AmqpConsumer(): ClassDecorator {
  return applyDecorators(Controller(), UseFilters(ErrorAsItIs));
}
