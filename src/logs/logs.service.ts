import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';
import { readWorkerBody, type WorkerBody } from '../ingest/worker-body.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { PayloadSpool } from '../payload/payload-spool.js';
import { spoolText } from '../payload/payload-texts.js';
import type { SplicedResource } from '../payload/resource.js';
import type { Segment } from '../payload/segment-list.js';
import { Database } from '../prisma/database.js';
import { noSuchJob, SimulationAccessService, type Viewer } from '../simulations/simulation-access.service.js';
import { type AuthorizedSimulation, UpdateKeyService } from '../simulations/update-key.service.js';
import { findLogs, type StoredLog } from './find-logs.js';
import { LOGS_FORMAT } from './ingest/logs-format.js';
import { LogsReader, type ParsedLog } from './ingest/logs-reader.js';
import { storeLogs } from './ingest/store-logs.js';

/** Owns log files: kept by name and simulation, taken in and handed back as they were written. */
@Injectable()
export class LogsService {
  private readonly logger = new Logger(LogsService.name);

  constructor(
    private readonly database: Database,
    private readonly updateKeys: UpdateKeyService,
    private readonly access: SimulationAccessService,
    private readonly metrics: MetricsService,
  ) {}

  /** Stores a log body (contract, section 5) in one transaction; resolves only after the commit. */
  async save(body: WorkerBody): Promise<void> {
    const reader = new LogsReader();
    try {
      const authorize = (id: string | number, key: string) => this.updateKeys.authorize(id, key, body.sender);
      const { simulation, envelope } = await readWorkerBody(body, LOGS_FORMAT, authorize, reader);
      const folder = typeof envelope.task_id === 'number' ? `task_${envelope.task_id}/` : '';
      const logs = reader.logs.map((log) => ({ ...log, name: folder + log.name }));
      await this.store(simulation, logs, reader.spool);
    } finally {
      await reader.spool.close();
    }
  }

  /** Stores texts by name, as a report of a whole job brings them. */
  async saveTexts(simulation: AuthorizedSimulation, texts: ReadonlyMap<string, string>): Promise<void> {
    const spool = new PayloadSpool();
    try {
      const logs = [...texts].map(([name, text]) => {
        const literal = Buffer.from(JSON.stringify(text.toWellFormed()));
        return { name, digest: createHash('sha256').update(literal).digest(), payload: spoolText(spool, literal) };
      });
      await this.store(simulation, logs, spool);
    } finally {
      await spool.close();
    }
  }

  /** All log files. Opening throws `notFound` where there are none yet, too. */
  read(viewer: Viewer, jobId: string): SplicedResource {
    return {
      validator: async () => `${await this.access.versionOf('logs', viewer, jobId)} logs`,
      open: async () => {
        const simulation = await this.access.require(viewer, jobId);
        const found = await findLogs(this.database, simulation.id);
        if (found === undefined) throw noSuchJob();
        if (found.logs.length === 0) throw new AppError('notFound', 'Logfiles are unavailable');
        return { validator: `${found.version} logs`, segments: logfilesAnswer(found.logs) };
      },
    };
  }

  private async store(
    simulation: AuthorizedSimulation,
    logs: readonly ParsedLog[],
    spool: PayloadSpool,
  ): Promise<void> {
    if (logs.length === 0) return;
    await spool.finish();
    const changed = await this.database.transaction((tx) => storeLogs(tx, simulation.id, logs, spool));
    this.metrics.countBytes(spool.rawBytes);
    this.logger.log({ jobId: simulation.jobId, files: logs.length, changed }, 'log files saved');
  }
}

function* logfilesAnswer(logs: readonly StoredLog[]): Generator<Segment> {
  yield '{"message":"Logfiles","logfiles":{';
  for (const [index, { name, payload }] of logs.entries()) {
    yield `${index === 0 ? '' : ','}${JSON.stringify(name)}:`;
    yield { payload, part: 0 };
  }
  yield '}}';
}
