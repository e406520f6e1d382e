import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import type { Transaction } from '../prisma/database.js';
import type { ClaimedRequest } from './claim-request.js';

const inflated = promisify<Buffer, Buffer>(inflate);

/** Keeps the input that was read last: it never changes, and all tasks of a simulation carry it. */
export class InputReader {
  private last: { readonly payloadId: string; readonly text: Buffer } | undefined;

  /** The text of a simulation's input, 16 MiB at most; undefined where the simulation is being deleted. */
  async read(tx: Transaction, request: ClaimedRequest): Promise<Buffer | undefined> {
    const { input_payload_id: payloadId } = request;
    if (this.last?.payloadId === payloadId) return this.last.text;
    const { rows } = await tx.query<{ body: Buffer }>(
      'SELECT body FROM payload_block WHERE simulation_id = $1 AND payload_id = $2 ORDER BY block',
      [request.simulation_id, payloadId],
    );
    const text = Buffer.concat(await Promise.all(rows.map(({ body }) => inflated(body))));
    if (text.length !== Number(request.input_raw_bytes)) return undefined;
    this.last = { payloadId, text };
    return text;
  }

  /** Nothing is being handed out. */
  forget(): void {
    this.last = undefined;
  }
}
