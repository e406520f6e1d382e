import { Injectable } from '@nestjs/common';
import type { SplicedResource } from '../payload/resource.js';
import type { Segment } from '../payload/spliced-body.js';
import { PrismaService } from '../prisma/prisma.service.js';
import {
  noSuchJob,
  SimulationAccessService,
  validatorOf,
  type Viewer,
} from '../simulations/simulation-access.service.js';

/** Owns reading the input that a simulation was submitted with; it never changes. */
@Injectable()
export class InputsService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly access: SimulationAccessService,
  ) {}

  /** The stored input, unchanged. */
  read(viewer: Viewer, jobId: string): SplicedResource {
    return {
      validator: async () => validatorOf(await this.access.require(viewer, jobId), ['inputs']),
      open: async () => {
        const simulation = await this.access.require(viewer, jobId);
        return { validator: validatorOf(simulation, ['inputs']), segments: await this.segments(simulation.id) };
      },
    };
  }

  private async segments(simulationId: number): Promise<Segment[]> {
    const input = await this.prisma.simulation.findUnique({
      where: { id: simulationId },
      select: { inputType: true, inputPayloadId: true, inputBlocks: true, inputStoredBytes: true, inputRawBytes: true },
    });
    if (input === null) throw noSuchJob();
    const payload = {
      simulationId,
      payloadId: Number(input.inputPayloadId),
      blocks: input.inputBlocks,
      streams: input.inputBlocks,
      storedBytes: Number(input.inputStoredBytes),
      rawBytes: Number(input.inputRawBytes),
    };
    return [`{"message":"Inputs","input_type":"${input.inputType}","input":`, { payload, part: 0 }, '}'];
  }
}
