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

/** So many valid queries of a kind are remembered, of at most so many characters. */
const MOST_QUERIES = 1_000;
const MOST_CHARACTERS = 512;

/** Browsers ask the same again and again, and checking a query costs as much as a whole small answer otherwise does. */
class QueryPipe<T extends object> implements PipeTransform<Record<string, unknown>, T> {
  private readonly names: readonly string[];
  private readonly known = new Map<string, T>();

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
    const key = JSON.stringify(members);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const valid = Object.freeze(validateDto(this.type, members));
    if (key.length <= MOST_CHARACTERS) this.remember(key, valid);
    return valid;
  }

  private remember(key: string, valid: T): void {
    this.known.set(key, valid);
    const [oldest] = this.known.keys();
    if (this.known.size > MOST_QUERIES && oldest !== undefined) this.known.delete(oldest);
  }
}
