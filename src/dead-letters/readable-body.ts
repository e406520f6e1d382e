import { BODY_ENCODINGS, inflate } from '../ingest/inflate.js';

/** A body as an admin can read it. */
export interface ReadableBody {
  /** Inflated as far as that goes; as it is where nothing of it can be inflated. */
  readonly bytes: Buffer;
  /** There is more of it: it is larger than what is shown, or damaged from there on. */
  readonly isCut: boolean;
  /** Whether `bytes` may still be compressed, so that nobody can tell what they hold. */
  readonly isOpaque: boolean;
}

/** Inflated bytes of a body that are shown: four times what a message may hold. */
const SHOWN_BYTES = 64 * 1024 * 1024;

/** Inflates at most `maxBytes` of a body: a small one may inflate without end. */
export async function readableBody(
  body: Buffer,
  contentEncoding: string | undefined,
  maxBytes = SHOWN_BYTES,
): Promise<ReadableBody> {
  const encoding = contentEncoding?.trim().toLowerCase() ?? 'identity';
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isDamaged = false;
  try {
    for await (const chunk of inflate(body, encoding)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) break;
    }
  } catch {
    isDamaged = true;
  }
  const nothing = isDamaged && bytes === 0;
  const shown = nothing ? body : Buffer.concat(chunks);
  return {
    bytes: shown.subarray(0, maxBytes),
    isCut: (isDamaged && !nothing) || shown.length > maxBytes,
    isOpaque: nothing || !KNOWN.includes(encoding),
  };
}

const KNOWN = ['identity', 'utf-8', 'utf8', ...BODY_ENCODINGS];
