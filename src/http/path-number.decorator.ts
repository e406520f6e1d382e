import { Param, type PipeTransform } from '@nestjs/common';
import { invalid } from '../errors/app-error.js';

/** A part of the path that is a positive 53-bit integer, such as a user's number. Throws `invalid` with its name. */
export function PathNumber(name: string): ParameterDecorator {
  return Param(name, new PathNumberPipe(name));
}

class PathNumberPipe implements PipeTransform<string, number> {
  constructor(private readonly name: string) {}

  transform(text: string): number {
    const number = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : NaN;
    if (!Number.isSafeInteger(number)) throw invalid(this.name, 'must be a positive integer');
    return number;
  }
}
