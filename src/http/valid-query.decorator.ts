import { type PipeTransform, Query } from '@nestjs/common';
import { invalid } from '../errors/app-error.js';
import { validateDto } from '../validation/validate-dto.js';

/**
 * The query as a validated instance of `type`. Parameters that the DTO does not declare are ignored; one of its own
 * that is repeated is `invalid`. Declared parameters are those with an initial value (undefined will do).
 */
export function ValidQuery(type: new () => object): ParameterDecorator {
  return Query(new QueryPipe(type));
}

class QueryPipe<T extends object> implements PipeTransform<Record<string, unknown>, T> {
  private readonly names: readonly string[];

  constructor(private readonly type: new () => T) {
    this.names = Object.keys(new type());
  }

  transform(query: Record<string, unknown>): T {
    const members: Record<string, unknown> = {};
    for (const name of this.names) {
      const value = query[name];
      if (Array.isArray(value)) throw invalid(name, 'is repeated');
      members[name] = value;
    }
    return validateDto(this.type, members);
  }
}
