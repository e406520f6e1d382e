import { createHmac } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { UserService } from '../auth/user.service.js';
import { AppError } from '../errors/app-error.js';
import type { WorkerBody } from '../ingest/worker-body.js';
import { LogsService } from '../logs/logs.service.js';
import { ResultsService } from '../results/results.service.js';
import { SimulationsService } from '../simulations/simulations.service.js';
import { TasksService } from '../tasks/tasks.service.js';
import { demoSubmission, DEMO_PRIMARIES, DEMO_TASKS } from './demo-submission.js';
import { scoreDemo } from './domain/demo-scoring.js';
import { taskLog } from './domain/task-log.js';
import { type TaskMoment, tasksAt } from './domain/task-schedule.js';

export const DEMO_USERNAME = 'demo';
export const DEMO_JOB_ID = 'demo';
const SEED = 20_261_124;

/**
 * Fills an empty house: a user and a finished simulation. Everything goes through the services that workers and users
 * go through and may be repeated, so that a start which was interrupted is finished by the next.
 */
@Injectable()
export class DemoSeedService {
  private readonly logger = new Logger(DemoSeedService.name);

  constructor(
    private readonly users: UserService,
    private readonly simulations: SimulationsService,
    private readonly results: ResultsService,
    private readonly logs: LogsService,
    private readonly tasks: TasksService,
  ) {}

  /** Makes sure of user and simulation; a demo simulation that was deleted stays deleted. */
  async run(password: string): Promise<void> {
    const username = DEMO_USERNAME;
    await this.users.ensureUser(username, password);
    const updateKey = createHmac('sha256', password).update('demo update key').digest('base64url');
    try {
      await this.submit(await this.users.idOf(username), updateKey);
    } catch (error) {
      if (error instanceof AppError && error.kind === 'conflict') return;
      throw error;
    }
    await this.send(updateKey);
    this.logger.debug({ jobId: DEMO_JOB_ID }, 'demo simulation is there');
  }

  private async submit(ownerId: number, updateKey: string): Promise<void> {
    const { input, ...rest } = demoSubmission({ ntasks: DEMO_TASKS, primaries: DEMO_PRIMARIES });
    await this.simulations.submit(ownerId, {
      ...rest,
      input: Buffer.from(JSON.stringify(input)),
      job_id: DEMO_JOB_ID,
      update_key: updateKey,
    });
  }

  private async send(updateKey: string): Promise<void> {
    const identity = { simulation_id: DEMO_JOB_ID, update_key: updateKey };
    const tasks = tasksAt({ tasks: DEMO_TASKS, primaries: DEMO_PRIMARIES, failing: new Set(), seed: SEED }, 1);
    for (const task of tasks) {
      await this.logs.save(bodyOf({ ...identity, task_id: task.taskId, logfiles: taskLog(task, SEED) }));
    }
    await this.tasks.updateBulk(bodyOf({ ...identity, tasks: tasks.map(completedTask) }));
    const estimators = scoreDemo({ primaries: DEMO_PRIMARIES, seed: SEED });
    await this.results.save(bodyOf({ ...identity, estimators }));
  }
}

/** As a worker would report the end of its task; one minute that lies in the past, so that repeating it changes nothing. */
function completedTask({ taskId, state, simulated, requested }: TaskMoment): object {
  const [start_time, end_time] = ['2026-11-24T09:00:00Z', '2026-11-24T09:01:00Z'];
  const progress = { simulated_primaries: simulated, requested_primaries: requested, estimated_time: 0 };
  return { task_id: taskId, update_dict: { task_state: state, ...progress, start_time, end_time } };
}

/** A body as a worker would send it. */
function bodyOf(body: object): WorkerBody {
  const text = Buffer.from(JSON.stringify(body));
  const chunks = async function* () {
    for (let at = 0; at < text.length; at += 65_536) yield await Promise.resolve(text.subarray(at, at + 65_536));
  };
  return { chunks: chunks(), sender: 'demo' };
}
