import { hash } from 'node:crypto';
import type { BodyEncoding } from '../payload/spliced-body.js';

/** Part of every tag; raise it when the bytes of an answer change though the data does not. */
const FORMAT = '1';

/** The strong ETag of one representation: of what `validator` stands for, in one content encoding. */
export function entityTag(validator: string, encoding: BodyEncoding): string {
  const digest = hash('sha256', `${FORMAT}\n${validator}`, 'base64url').slice(0, 24);
  return `"${digest}-${encoding}"`;
}

/** Whether If-None-Match names `tag`: a list, `*` and weakened tags count (RFC 9110, 13.1.2: weak comparison). */
export function matchesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((part) => {
    const candidate = part.trim();
    return candidate === '*' || candidate.replace(/^W\//, '') === tag;
  });
}

/** Whether If-None-Match is satisfied by anything that exists. */
export function matchesAnything(ifNoneMatch: string | undefined): boolean {
  return ifNoneMatch?.split(',').some((part) => part.trim() === '*') ?? false;
}
