import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { headerOf } from '../client/http-connection.js';
import { jsonOf, type Session } from '../client/session.js';
import type { Check } from '../report/case-report.js';

/** Reads the paths in gzip and in identity: each gives the same bytes in both, and all give equal JSON. */
export async function sameAnswers(
  session: Session,
  paths: readonly [ours: string, ...others: string[]],
): Promise<Check[]> {
  const checks: Check[] = [];
  let first: unknown;
  for (const [index, path] of paths.entries()) {
    const identity = await session.read(path);
    const gzip = await session.read(path, { encoding: 'gzip' });
    const isGzip = headerOf(gzip, 'content-encoding') === 'gzip';
    const decoded = isGzip ? gunzipSync(gzip.body) : gzip.body;
    checks.push({
      what: `${routeOf(path)}: the same bytes in gzip and identity`,
      holds: digestOf(decoded) === digestOf(identity.body),
    });
    const json = jsonOf(identity);
    if (index === 0) first = json;
    else
      checks.push({
        what: `${routeOf(path)}: the same JSON as ${routeOf(paths[0])}`,
        holds: isDeepStrictEqual(json, first),
      });
  }
  return checks;
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function routeOf(path: string): string {
  return path.split('?', 1)[0] ?? path;
}
