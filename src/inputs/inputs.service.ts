import { Injectable } from '@nestjs/common';
import type { StoredPayload } from '../payload/payload-store.js';
import type { AnswerShape, SplicedResource } from '../payload/resource.js';
import type { Segment } from '../payload/segment-list.js';
import { PrismaService } from '../prisma/prisma.service.js';
import { noSuchJob, SimulationAccessService, type Viewer } from '../simulations/simulation-access.service.js';

/** An input as it is stored: its payload is the JSON text of an object. */
export interface StoredInput {
  readonly inputType: 'editor' | 'files';
  /** Primaries that it asks for; null where it does not tell. */
  readonly requestedPrimaries: number | null;
  readonly payload: StoredPayload;
}

/** The API reference's shape. */
const INPUTS: AnswerShape<StoredInput, Segment[]> = {
  name: 'inputs',
  answer: ({ inputType, payload }) => [
    `{"message":"Inputs","input_type":"${inputType}","input":`,
    { payload, part: 0 },
    '}',
  ],
};

/** Owns reading the input that a simulation was submitted with; it never changes. */
@Injectable()
export class InputsService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly access: SimulationAccessService,
  ) {}

  /** The stored input, unchanged. */
  read(viewer: Viewer, jobId: string, { name, answer }: AnswerShape<StoredInput, Segment[]> = INPUTS): SplicedResource {
    return {
      validator: async () => `${await this.access.versionOf('input', viewer, jobId)} ${name}`,
      open: async () => {
        const simulation = await this.access.require(viewer, jobId);
        const input = await this.find(simulation.id);
        if (input === undefined) throw noSuchJob();
        return { validator: `${simulation.version} ${name}`, segments: answer(input) };
      },
    };
  }

  /** Undefined where the simulation is gone. */
  async find(simulationId: number): Promise<StoredInput | undefined> {
    const input = await this.prisma.simulation.findUnique({
      where: { id: simulationId },
      select: {
        inputType: true,
        requestedPrimaries: true,
        inputPayloadId: true,
        inputBlocks: true,
        inputStoredBytes: true,
        inputRawBytes: true,
      },
    });
    if (input === null) return undefined;
    const payload = {
      simulationId,
      payloadId: Number(input.inputPayloadId),
      blocks: input.inputBlocks,
      streams: input.inputBlocks,
      storedBytes: Number(input.inputStoredBytes),
      rawBytes: Number(input.inputRawBytes),
    };
    const { inputType, requestedPrimaries } = input;
    return { inputType, requestedPrimaries: requestedPrimaries === null ? null : Number(requestedPrimaries), payload };
  }
}
