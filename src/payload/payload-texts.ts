import { BLOCK_BYTES, type PayloadSpool, type SpooledPayload, type SpooledStream } from './payload-spool.js';

/** A payload of one part, a JSON text that is at hand as a whole. */
export function spoolText(spool: PayloadSpool, text: Buffer): SpooledPayload {
  const streams: SpooledStream[] = [];
  for (let at = 0; at < text.length; at += BLOCK_BYTES) streams.push(spool.add(text.subarray(at, at + BLOCK_BYTES)));
  return { parts: [streams] };
}
