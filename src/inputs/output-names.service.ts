import { Injectable } from '@nestjs/common';
import { FairTurns } from '../turns/fair-turns.js';
import { JsonScanner } from '../json/json-scanner.js';
import { PayloadGone } from '../payload/fetch-payload.js';
import { PayloadReaderService } from '../payload/payload-reader.service.js';
import type { StoredPayload } from '../payload/payload-store.js';
import { splicedBody } from '../payload/spliced-body.js';
import { InputsService } from './inputs.service.js';
import { OutputNamesReader } from './output-names-reader.js';

/** Owns what the service itself wants to know of an editor project. */
@Injectable()
export class OutputNamesService {
  constructor(
    private readonly inputs: InputsService,
    private readonly payloads: PayloadReaderService,
  ) {}

  /**
   * The names of the outputs of a simulation's editor project, in their order, an empty one for an output without a name. None
   * where there is no such simulation or no such project. The input is read as a stream, and never held as a whole.
   */
  async of(simulationId: number): Promise<readonly string[]> {
    const input = await this.inputs.find(simulationId);
    if (input?.inputType !== 'editor') return [];
    const reader = new OutputNamesReader();
    try {
      await this.scan(input.payload, reader);
    } catch (error) {
      // Deleted meanwhile; whoever asks finds out at the next step.
      if (error instanceof PayloadGone) return [];
      throw error;
    }
    return reader.names;
  }

  private async scan(payload: StoredPayload, reader: OutputNamesReader): Promise<void> {
    const scanner = new JsonScanner(reader);
    // It was checked when it was submitted.
    scanner.requireDoubles = false;
    const turns = new FairTurns();
    await this.payloads.reading(async (reading) => {
      for await (const { pieces, sent } of splicedBody(reading, [{ payload, part: 0 }], 'identity')) {
        for (const piece of pieces) {
          for (let at = 0; at < piece.length; at += SCANNED_BYTES) {
            const step = piece.subarray(at, at + SCANNED_BYTES);
            scanner.write(step);
            await turns.next(step.length);
          }
        }
        sent();
      }
    });
    scanner.end();
  }
}

/** Scanned without a pause. */
const SCANNED_BYTES = 64 * 1024;
