import { Injectable, Logger } from '@nestjs/common';
import { deletedSimulation } from '../errors/app-error.js';
import { GroupedCalls } from '../ingest/grouped-calls.js';
import { readPlainBody } from '../ingest/plain-body.js';
import { readWorkerBody, type WorkerBody } from '../ingest/worker-body.js';
import { DocumentBuilder } from '../json/document-builder.js';
import type { AnswerShape, Resource } from '../payload/resource.js';
import { Database } from '../prisma/database.js';
import { noSuchJob, SimulationAccessService, type Viewer } from '../simulations/simulation-access.service.js';
import { type AuthorizedSimulation, UpdateKeyService } from '../simulations/update-key.service.js';
import type { JobProgress } from './domain/job-progress.js';
import type { TaskUpdate } from './domain/task-update.js';
import { findTasks, type FoundTasks, jobProgress } from './find-tasks.js';
import { readTaskUpdate, UPDATE_DICT_SHAPE } from './ingest/read-task-update.js';
import { TASK_FORMAT, TASK_LIST_FORMAT } from './ingest/task-format.js';
import { TaskListReader } from './ingest/task-list-reader.js';
import { tasksText } from './tasks-text.js';
import { type SimulationUpdates, storeTaskUpdates } from './store-task-updates.js';

/** As many as one bulk body may hold, twice: a statement of some hundred milliseconds. */
const MAX_UPDATES_TOGETHER = 20_000;

/** Owns the tasks of simulations: merges what workers say of them, and shows them with the state of the job. */
@Injectable()
export class TasksService {
  private readonly logger = new Logger(TasksService.name);
  private readonly writes = new GroupedCalls((calls: readonly SimulationUpdates[]) => this.write(calls), {
    weigh: ({ updates }) => updates.length,
    maxWeight: MAX_UPDATES_TOGETHER,
  });

  constructor(
    private readonly database: Database,
    private readonly updateKeys: UpdateKeyService,
    private readonly access: SimulationAccessService,
  ) {}

  /** Merges the update of one task (contract, section 5); resolves only after the commit. */
  async update(body: WorkerBody): Promise<void> {
    const plain = readPlainBody(body, TASK_FORMAT);
    if (plain === undefined) return this.updateFrom(body);
    const { envelope, updateKey, content } = plain;
    const simulation = await this.updateKeys.authorize(envelope.simulation_id, updateKey, body.sender);
    await this.merge(simulation, [readTaskUpdate(envelope.task_id, content)]);
  }

  /** The same for many tasks of one simulation: all of them or none. */
  async updateBulk(body: WorkerBody): Promise<void> {
    const content = new TaskListReader();
    const { simulation } = await readWorkerBody(body, TASK_LIST_FORMAT, this.authorizing(body), content);
    await this.merge(simulation, content.updates);
  }

  /**
   * Merges updates that were read before. What many senders bring at the same time is written in one statement; each hears
   * of its own part. Throws `deletedSimulation` where the simulation is gone.
   */
  async merge(simulation: AuthorizedSimulation, updates: readonly TaskUpdate[]): Promise<void> {
    const changed = await this.writes.call({ simulationId: simulation.id, updates });
    this.logger.debug({ jobId: simulation.jobId, updates: updates.length, changed }, 'task updates merged');
  }

  /** The tasks and the state of a job, in the API reference's shape. */
  read(viewer: Viewer, jobId: string): Resource {
    return this.answered(viewer, jobId, 'tasks', tasksText);
  }

  /** The same in another shape. */
  readAs(viewer: Viewer, jobId: string, { name, answer }: AnswerShape<JobProgress>): Resource {
    return this.answered(viewer, jobId, name, (found) => Buffer.from(JSON.stringify(answer(jobProgress(found)))));
  }

  private answered(viewer: Viewer, jobId: string, name: string, answer: (found: FoundTasks) => Buffer): Resource {
    return {
      validator: async () => `${await this.access.versionOf('tasks', viewer, jobId)} ${name}`,
      open: async () => {
        const found = await findTasks(this.database, viewer, jobId, answer);
        if (found === undefined) throw noSuchJob();
        return { validator: `${found.version} ${name}`, text: found.answer };
      },
    };
  }

  /** The same for a body of any kind. */
  private async updateFrom(body: WorkerBody): Promise<void> {
    let updateDict: unknown;
    const content = new DocumentBuilder(UPDATE_DICT_SHAPE, 'update_dict', (value) => (updateDict = value));
    const { simulation, envelope } = await readWorkerBody(body, TASK_FORMAT, this.authorizing(body), content);
    await this.merge(simulation, [readTaskUpdate(envelope.task_id, updateDict)]);
  }

  private async write(calls: readonly SimulationUpdates[]): Promise<(number | Error)[]> {
    const changed = await storeTaskUpdates(this.database, calls);
    return calls.map(({ simulationId }) => changed.get(simulationId) ?? deletedSimulation(simulationId));
  }

  private authorizing(body: WorkerBody) {
    return (id: string | number, key: string) => this.updateKeys.authorize(id, key, body.sender);
  }
}
