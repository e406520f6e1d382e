import { createHash, randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { type Dispatch, DispatchService } from '../dispatch/dispatch.service.js';
import type { Platform } from '../dispatch/domain/platform.js';
import { AppError } from '../errors/app-error.js';
import { PayloadSpool } from '../payload/payload-spool.js';
import { spoolText } from '../payload/payload-texts.js';
import { Database } from '../prisma/database.js';
import { PrismaService } from '../prisma/prisma.service.js';
import { validateDto } from '../validation/validate-dto.js';
import { cancelSimulation } from './cancel-simulation.js';
import { checkInput } from './check-input.js';
import type { ListPage, ListPageRequest } from './domain/listed-simulation.js';
import type { JobState } from './domain/job-state.js';
import { ListAnswer } from './dto/list-answer.js';
import { Submission } from './dto/submission.js';
import { listPage, listSimulations, type ListRequest } from './list-simulations.js';
import { PurgeService } from './purge.service.js';
import { recordDeed } from './record-deed.js';
import { noSuchJob, SimulationAccessService, type Viewer } from './simulation-access.service.js';
import { insertSimulation, type NewSimulation } from './store-simulation.js';
import { requireEnded } from './require-ended.js';
import { UpdateKeyService } from './update-key.service.js';

/** What a submitter gets back. */
export interface Submitted {
  readonly jobId: string;
  readonly simId: number;
  readonly updateKey: string;
}

interface DeletedRow {
  readonly job_id: string;
  readonly title: string;
  readonly platform: Platform | null;
}

/** Owns simulations as such: submitting, cancelling, new update keys, deleting. */
@Injectable()
export class SimulationsService {
  private readonly logger = new Logger(SimulationsService.name);

  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaService,
    private readonly access: SimulationAccessService,
    private readonly purge: PurgeService,
    private readonly audit: AuditService,
    private readonly dispatch: DispatchService,
  ) {}

  /** A submission of members that came under other names. Throws `invalid` with the field's name. */
  static submissionOf(members: Readonly<Record<string, unknown>>): Submission {
    return validateDto(Submission, members);
  }

  /**
   * Registers a simulation. The same owner's same request again, `job_id` and `update_key` included, gives the same
   * answer; a `job_id` taken otherwise, now or before a deletion, throws `conflict`.
   *
   * With `dispatch` its tasks are handed out over RabbitMQ: throws `unavailable` and `tooLarge` where they can't be.
   */
  async submit(ownerId: number, submission: Submission, dispatch?: Dispatch): Promise<Submitted> {
    const requestedPrimaries = checkInput(submission.input, submission.input_type, dispatch?.inputName) ?? null;
    const updateKey = submission.update_key ?? UpdateKeyService.generate();
    const jobId = submission.job_id ?? randomUUID();
    const spool = new PayloadSpool();
    try {
      const input = spoolText(spool, submission.input);
      await spool.finish();
      const simulation = newSimulation(ownerId, submission, { jobId, updateKey, input, requestedPrimaries, dispatch });
      if (dispatch) this.dispatch.admit({ ...simulation, ...dispatch, updateKey }, submission.input.length);
      const id = await this.insert(simulation, spool, dispatch && updateKey);
      this.dispatch.signal.wake();
      if (id === undefined) return await this.repeated(simulation, updateKey);
      this.logger.log({ jobId, simId: id }, 'simulation submitted');
      return { jobId, simId: id, updateKey };
    } finally {
      await spool.close();
    }
  }

  /** A part of one owner's simulations; one more than asked for is read, to know whether there are more. */
  async list(request: ListRequest): Promise<ListAnswer> {
    const listed = await listSimulations(this.database, { ...request, limit: request.limit + 1 });
    return ListAnswer.of(listed, request.limit);
  }

  /** A numbered page of one owner's simulations, and how many there are. */
  async listPage(request: ListPageRequest): Promise<ListPage> {
    return listPage(this.database, request);
  }

  /** Asks for the end of a simulation; asking again changes nothing. */
  async cancel(viewer: Viewer, jobId: string): Promise<void> {
    await this.end(viewer, jobId, 'whatever its state');
  }

  /** The same, but a simulation that has ended stays as it is. Tells the state that it was in. */
  async cancelUnlessEnded(viewer: Viewer, jobId: string): Promise<JobState> {
    return this.end(viewer, jobId, 'unless ended');
  }

  /** Makes a new update key; the old one ends. */
  async renewUpdateKey(viewer: Viewer, jobId: string): Promise<string> {
    const simulation = await this.access.require(viewer, jobId);
    const updateKey = UpdateKeyService.generate();
    await this.database.transaction(async (tx) => {
      const { rowCount } = await tx.query('UPDATE simulation SET update_key_hash = $2 WHERE id = $1', [
        simulation.id,
        UpdateKeyService.hash(updateKey),
      ]);
      if (rowCount === 0) throw noSuchJob();
      await this.dispatch.renewKey(tx, simulation.id, updateKey);
      await recordDeed(tx, this.audit, viewer, simulation, 'simulation.update-key');
    });
    return updateKey;
  }

  /**
   * Removes a simulation and all of it: at once for everybody, then row by row in slices. Throws `forbidden` where it has
   * not ended and only `ended` ones are to be deleted.
   */
  async delete(viewer: Viewer, jobId: string, which: 'any' | 'ended' = 'any'): Promise<void> {
    const simulation = await this.access.require(viewer, jobId);
    const { id } = simulation;
    await this.database.transaction(async (tx) => {
      if (which === 'ended') await requireEnded(tx, id);
      const { rows } = await tx.query<DeletedRow>(
        'DELETE FROM simulation WHERE id = $1 RETURNING job_id, title, platform',
        [id],
      );
      for (const { job_id, title, platform } of rows) {
        if (platform !== null) await this.dispatch.cancel(tx, simulation);
        await tx.query('INSERT INTO deleted_job (simulation_id, job_id) VALUES ($1, $2)', [id, job_id]);
        await recordDeed(tx, this.audit, viewer, simulation, 'simulation.delete', { title });
      }
    });
    this.dispatch.signal.wake();
    this.logger.log({ jobId, simId: id }, 'simulation deleted');
    await this.purge.purgeDeleted(id);
  }

  private async end(viewer: Viewer, jobId: string, when: 'whatever its state' | 'unless ended'): Promise<JobState> {
    const simulation = await this.access.require(viewer, jobId);
    const ended = await this.database.transaction(async (tx) => {
      const before = await cancelSimulation(tx, simulation.id, when);
      if (before.isCanceled && before.platform !== null) await this.dispatch.cancel(tx, simulation);
      if (before.isCanceled) await recordDeed(tx, this.audit, viewer, simulation, 'simulation.cancel');
      return before;
    });
    this.dispatch.signal.wake();
    return ended.state;
  }

  /** @param updateKey where its tasks are to be handed out */
  private async insert(
    simulation: NewSimulation,
    spool: PayloadSpool,
    updateKey: string | undefined,
  ): Promise<number | undefined> {
    const taken = new Error('job_id taken');
    try {
      return await this.database.transaction(async (tx) => {
        const id = await insertSimulation(tx, simulation, spool);
        if (id === undefined) throw taken;
        if (updateKey !== undefined) await this.dispatch.request(tx, { ...simulation, id }, updateKey);
        return id;
      });
    } catch (error) {
      if (error === taken) return undefined;
      throw error;
    }
  }

  private async repeated(simulation: NewSimulation, updateKey: string): Promise<Submitted> {
    const { jobId, ownerId, requestDigest, updateKeyHash } = simulation;
    const stored =
      requestDigest === null ? null : await this.prisma.simulation.findUnique({ where: { jobId, ownerId } });
    const isSame =
      stored?.requestDigest != null &&
      requestDigest?.equals(stored.requestDigest) === true &&
      updateKeyHash.equals(stored.updateKeyHash);
    if (!isSame) throw new AppError('conflict', `job_id: ${JSON.stringify(jobId)} is taken already`);
    return { jobId, simId: stored.id, updateKey };
  }
}

function newSimulation(
  ownerId: number,
  submission: Submission,
  made: Pick<NewSimulation, 'jobId' | 'input' | 'requestedPrimaries'> & {
    readonly updateKey: string;
    readonly dispatch: Dispatch | undefined;
  },
): NewSimulation {
  const { title, sim_type: simType, input_type: inputType, ntasks, job_id, update_key, input } = submission;
  const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
  const repeatable = typeof job_id === 'string' && typeof update_key === 'string';
  const request = JSON.stringify([title, simType, inputType, ntasks, sha256(input).toString('hex'), job_id]);
  return {
    jobId: made.jobId,
    ownerId,
    title,
    simType,
    inputType,
    ntasks,
    updateKeyHash: UpdateKeyService.hash(made.updateKey),
    requestDigest: repeatable ? sha256(request) : null,
    requestedPrimaries: made.requestedPrimaries,
    input: made.input,
    platform: made.dispatch?.platform ?? null,
    batchOptions: made.dispatch?.batchOptions ?? null,
  };
}
