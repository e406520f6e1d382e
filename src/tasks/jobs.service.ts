import { Injectable, Logger } from '@nestjs/common';
import { readWorkerBody, type WorkerBody } from '../ingest/worker-body.js';
import { LogsService } from '../logs/logs.service.js';
import { Database } from '../prisma/database.js';
import { UpdateKeyService } from '../simulations/update-key.service.js';
import { parseUtcTime } from './domain/utc-time.js';
import { JobLogReader } from './ingest/job-log-reader.js';
import { JOB_REPORT_FORMAT, type JobReportEnvelope } from './ingest/job-report-format.js';
import { type JobReport, REPORTED_STATES, reportJob } from './report-job.js';

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
   * Takes in a report (contract, section 5); resolves only after the commit. A state that has no effect is accepted, its end
   * left alone.
   * Logs are stored first, so that who sees a job FAILED finds the reason.
   */
  async report(body: WorkerBody): Promise<void> {
    const log = new JobLogReader();
    const authorize = (id: string | number, key: string) => this.updateKeys.authorize(id, key, body.sender);
    const { simulation, envelope } = await readWorkerBody(body, JOB_REPORT_FORMAT, authorize, log);
    await this.logs.saveTexts(simulation, log.texts);
    const report = reportOf(envelope);
    if (!Object.values(report).some((member) => member !== null)) return;
    await reportJob(this.database, simulation.id, report);
    if (report.state !== null) this.logger.log({ jobId: simulation.jobId, state: report.state }, 'job state reported');
  }
}

function reportOf({ job_state, end_time, job_dir, array_id, collect_id }: JobReportEnvelope): JobReport {
  const state = REPORTED_STATES.find((known) => known === job_state) ?? null;
  return {
    state,
    endTime: state !== null && typeof end_time === 'string' ? parseUtcTime(end_time, 'end_time') : null,
    jobDir: textOf(job_dir),
    arrayId: textOf(array_id),
    collectId: textOf(collect_id),
  };
}

/** A script with an unset variable sends an empty text, which says nothing. */
function textOf(sent: string | number | null | undefined): string | null {
  return sent === undefined || sent === null || sent === '' ? null : String(sent);
}
