import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError } from '../errors/app-error.js';
import { readWorkerBody, type WorkerBody } from '../ingest/worker-body.js';
import { MetricsService } from '../metrics/metrics.service.js';
import type { Resource, SplicedResource } from '../payload/resource.js';
import { Database } from '../prisma/database.js';
import {
  noSuchJob,
  SimulationAccessService,
  type Viewer,
  validatorOf,
} from '../simulations/simulation-access.service.js';
import { UpdateKeyService } from '../simulations/update-key.service.js';
import { KeyedQueue } from './domain/keyed-queue.js';
import { findPageNames, findPages, type FoundPages, type PageName, type Selection } from './find-pages.js';
import { resultsFormat, type ResultsEnvelope } from './ingest/results-format.js';
import { ResultsReader } from './ingest/results-reader.js';
import { storeResults } from './ingest/store-results.js';
import { estimatorsAnswer, resultsAnswer } from './reference-answer.js';

/** Owns estimators and pages: takes them in, and hands them back. Knows neither HTTP nor AMQP. */
@Injectable()
export class ResultsService {
  private readonly logger = new Logger(ResultsService.name);
  /** Writers of one simulation wait here, not on a database connection. */
  private readonly writers = new KeyedQueue<number>();

  constructor(
    @Inject(CONFIG) private readonly config: ServiceConfig,
    private readonly database: Database,
    private readonly updateKeys: UpdateKeyService,
    private readonly access: SimulationAccessService,
    private readonly metrics: MetricsService,
  ) {}

  /**
   * Stores a results body (contract, section 5) of at most `maxBytes` inflated: all of it in one transaction, or
   * nothing. Resolves only after the commit.
   */
  async save(body: WorkerBody, maxBytes = this.config.maxBodyBytes): Promise<void> {
    const reader = new ResultsReader();
    try {
      const authorize = (id: string | number, key: string) => this.updateKeys.authorize(id, key, body.sender);
      const { simulation, envelope } = await readWorkerBody(body, resultsFormat(maxBytes), authorize, reader);
      await reader.spool.finish();
      const update = {
        estimators: reader.estimators,
        spool: reader.spool,
        revision: envelope.revision ?? null,
        finalAtPages: finalAtPages(envelope),
      };
      const outcome = await this.writers.run(simulation.id, () =>
        this.database.transaction((tx) => storeResults(tx, simulation.id, update)),
      );
      this.metrics.countPages(outcome.pagesNew + outcome.pagesReplaced, reader.spool.rawBytes);
      this.logger.log({ jobId: simulation.jobId, ...outcome }, 'results saved');
    } finally {
      await reader.spool.close();
    }
  }

  /** The selected pages in the API reference's shape. */
  read(viewer: Viewer, jobId: string, selection: Selection): SplicedResource {
    return {
      validator: () => this.validator(viewer, jobId, ['results', selection]),
      open: async () => {
        const found = present(await findPages(this.database, viewer, jobId, selection));
        if (found.estimators.length === 0) throw new AppError('notFound', 'Estimator not found');
        const estimators = found.estimators.filter(({ pages }) => pages.length > 0);
        if (estimators.length === 0) throw new AppError('notFound', 'Page not found');
        const validator = validatorOf(found, [found.version, 'results', selection]);
        return { validator, segments: resultsAnswer(estimators) };
      },
    };
  }

  /** Names and page metadata of all estimators. */
  listEstimators(viewer: Viewer, jobId: string): Resource {
    return {
      validator: () => this.validator(viewer, jobId, ['estimators']),
      open: async () => {
        const found = present(await findPageNames(this.database, viewer, jobId));
        const validator = validatorOf(found, [found.version, 'estimators']);
        return { validator, body: estimatorsAnswer(found.estimators) };
      },
    };
  }

  private async validator(viewer: Viewer, jobId: string, parts: readonly unknown[]): Promise<string> {
    const simulation = await this.access.require(viewer, jobId);
    return validatorOf(simulation, [simulation.versions.results, ...parts]);
  }
}

/** Throws `notFound` for a simulation that nobody may see, or that has no results. */
function present<P extends PageName>(found: FoundPages<P> | undefined): FoundPages<P> {
  if (found === undefined) throw noSuchJob();
  if (found.pagesStored === 0) throw new AppError('notFound', 'Results are unavailable');
  return found;
}

/** A final body without pages_total makes the results final at once. */
function finalAtPages({ partial, pages_total: pagesTotal }: ResultsEnvelope): number | undefined {
  return partial === true ? undefined : (pagesTotal ?? 0);
}
