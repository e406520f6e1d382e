import { inflate } from '../ingest/inflate.js';

/** A body as an admin can read it. */
export interface ReadableBody {
  /** Inflated; as it is where it can't be inflated. */
  readonly bytes: Buffer;
  /** There is more of it than was asked for. */
  readonly isCut: boolean;
}

/** Inflated bytes of a body that are shown: four times what a message may hold. */
const SHOWN_BYTES = 64 * 1024 * 1024;

/** Inflates at most `maxBytes` of a body: a small one may inflate without end. */
export async function readableBody(
  body: Buffer,
  contentEncoding: string | undefined,
  maxBytes = SHOWN_BYTES,
): Promise<ReadableBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of inflate(body, contentEncoding?.trim().toLowerCase())) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) break;
    }
  } catch {
    return { bytes: body.subarray(0, maxBytes), isCut: body.length > maxBytes };
  }
  return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), isCut: bytes > maxBytes };
}
