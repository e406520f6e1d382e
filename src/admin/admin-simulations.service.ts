import { Injectable } from '@nestjs/common';
import { JOB_ID } from '../ingest/worker-envelope.js';
import { Database } from '../prisma/database.js';
import { noSuchJob } from '../simulations/simulation-access.service.js';
import { AdminSimulationAnswer } from './dto/simulation-answer.js';
import { AdminSimulationsAnswer } from './dto/simulations-answer.js';
import { findSimulation } from './find-simulation.js';
import { findSimulations, type SimulationsRequest } from './find-simulations.js';

/** Owns the view of the simulations of all users; what is done to them is SimulationsService's. */
@Injectable()
export class AdminSimulationsService {
  constructor(private readonly database: Database) {}

  /** A part of all simulations; one more than asked for is read, to know whether there are more. */
  async list(request: SimulationsRequest): Promise<AdminSimulationsAnswer> {
    const read = await findSimulations(this.database, { ...request, limit: request.limit + 1 });
    return AdminSimulationsAnswer.of(read, request.limit);
  }

  /** One simulation and how much is stored of it. Throws `notFound`. */
  async read(jobId: string): Promise<AdminSimulationAnswer> {
    const found = JOB_ID.test(jobId) ? await findSimulation(this.database, jobId) : undefined;
    if (found === undefined) throw noSuchJob();
    return AdminSimulationAnswer.of(found);
  }
}
