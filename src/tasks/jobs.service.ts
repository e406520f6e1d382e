import { Injectable, Logger } from '@nestjs/common';
import { readWorkerBody, type WorkerBody } from '../ingest/worker-body.js';
import { LogsService } from '../logs/logs.service.js';
import { Database } from '../prisma/database.js';
import { UpdateKeyService } from '../simulations/update-key.service.js';
import { parseUtcTime } from './domain/utc-time.js';
import { JobLogReader } from './ingest/job-log-reader.js';
import { JOB_REPORT_FORMAT } from './ingest/job-report-format.js';
import { REPORTED_STATES, reportJob } from './report-job.js';

/** Owns what workers report of a job as a whole. */
@Injectable()
export class JobsService {
  private readonly logger = new Logger(JobsService.name);

  constructor(
    private readonly database: Database,
    private readonly updateKeys: UpdateKeyService,
    private readonly logs: LogsService,
  ) {}

  /**
   * Takes in a report (contract, section 5); resolves only after the commit. A state that has no effect is accepted.
   * Logs are stored first, so that who sees a job FAILED finds the reason.
   */
  async report(body: WorkerBody): Promise<void> {
    const log = new JobLogReader();
    const authorize = (id: string | number, key: string) => this.updateKeys.authorize(id, key, body.sender);
    const { simulation, envelope } = await readWorkerBody(body, JOB_REPORT_FORMAT, authorize, log);
    await this.logs.saveTexts(simulation, log.texts);
    const state = REPORTED_STATES.find((known) => known === envelope.job_state);
    if (state === undefined) return;
    const endTime = typeof envelope.end_time === 'string' ? parseUtcTime(envelope.end_time, 'end_time') : null;
    await reportJob(this.database, simulation.id, state, endTime);
    this.logger.log({ jobId: simulation.jobId, state }, 'job state reported');
  }
}
