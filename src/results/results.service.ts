import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError } from '../errors/app-error.js';
import { readWorkerBody, type WorkerBody } from '../ingest/worker-body.js';
import { OutputNamesService } from '../inputs/output-names.service.js';
import { MetricsService } from '../metrics/metrics.service.js';
import type { DatabaseReading, Resource, SplicedResource } from '../payload/resource.js';
import type { Segments } from '../payload/segment-list.js';
import { Database } from '../prisma/database.js';
import { noSuchJob, SimulationAccessService, type Viewer } from '../simulations/simulation-access.service.js';
import { UpdateKeyService } from '../simulations/update-key.service.js';
import { inOrderOfOutputs, nameEstimators } from './domain/estimator-names.js';
import type { EstimatorListMembers } from './domain/estimator-list-members.js';
import { KeyedQueue } from './domain/keyed-queue.js';
import type { PageName, StoredEstimator } from './domain/stored-estimator.js';
import { findEstimators } from './find-estimators.js';
import { findFullPages, findPages, type FoundPages, type Selection } from './find-pages.js';
import { type FullForm, fullPagesAnswer } from './full-pages-answer.js';
import type { ParsedEstimator } from './ingest/parsed-results.js';
import { resultsFormat, type ResultsEnvelope } from './ingest/results-format.js';
import { ResultsReader } from './ingest/results-reader.js';
import { type Naming, namingRecord, renamed } from './ingest/renamed.js';
import { storeResults } from './ingest/store-results.js';
import { resultsAnswer } from './reference-answer.js';

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
    private readonly outputNames: OutputNamesService,
  ) {}

  /**
   * Stores a results body (contract, section 5): all of it in one transaction, or nothing. Resolves only after the commit.
   *
   * @param naming whether estimators are called as sent, or after the outputs of an editor project (decision 18)
   */
  async save(body: WorkerBody, naming: 'as-sent' | 'by-outputs' = 'as-sent'): Promise<void> {
    const reader = new ResultsReader();
    try {
      const authorize = (id: string | number, key: string) => this.updateKeys.authorize(id, key, body.sender);
      const format = resultsFormat(this.config.maxBodyBytes);
      const { simulation, envelope } = await readWorkerBody(body, format, authorize, reader);
      await reader.spool.finish();
      const named = naming === 'by-outputs' ? await this.nameByOutputs(simulation.id, reader.estimators) : undefined;
      const update = {
        estimators: named === undefined ? reader.estimators : renamed(reader.estimators, named),
        spool: reader.spool,
        revision: envelope.revision ?? null,
        finalAtPages: finalAtPages(envelope),
      };
      const outcome = await this.writers.run(simulation.id, () =>
        this.database.transaction((tx) => storeResults(tx, simulation.id, update)),
      );
      this.metrics.countPages(outcome.pagesNew + outcome.pagesReplaced, reader.spool.rawBytes);
      this.logger.log({ jobId: simulation.jobId, ...outcome, ...namingRecord(named) }, 'results saved');
    } finally {
      await reader.spool.close();
    }
  }

  /** The selected pages in the API reference's shape. */
  read(viewer: Viewer, jobId: string, selection: Selection): SplicedResource {
    const find = (reading: DatabaseReading) => findPages(reading, viewer, jobId, selection);
    return this.selected(viewer, jobId, `results ${JSON.stringify(selection)}`, find, resultsAnswer);
  }

  /** The selected pages with all that was sent of them, in the shape that the platform's workers send. */
  readFull(viewer: Viewer, jobId: string, selection: Selection, form: FullForm): SplicedResource {
    const find = (reading: DatabaseReading) => findFullPages(reading, viewer, jobId, selection);
    const what = `full results ${JSON.stringify([form, selection])}`;
    return this.selected(viewer, jobId, what, find, (estimators) => fullPagesAnswer(form, estimators));
  }

  /** Names and page metadata of all estimators. */
  listEstimators(viewer: Viewer, jobId: string, names: EstimatorListMembers = ESTIMATORS): Resource {
    return {
      validator: () => this.validator(viewer, jobId, names.list),
      open: async () => {
        const { version, text } = present(await findEstimators(this.database, viewer, jobId, names));
        return { validator: `${version} ${names.list}`, text };
      },
    };
  }

  /** @param what the validator says besides the version */
  private selected<E extends StoredEstimator<PageName>>(
    viewer: Viewer,
    jobId: string,
    what: string,
    find: (reading: DatabaseReading) => Promise<FoundPages<E> | undefined>,
    answer: (estimators: readonly E[]) => Segments,
  ): SplicedResource {
    return {
      validator: () => this.validator(viewer, jobId, what),
      open: async (reading) => {
        const found = present(await find(reading));
        if (found.estimators.length === 0) throw new AppError('notFound', 'Estimator not found');
        const estimators = found.estimators.filter(({ pages }) => pages.length > 0);
        if (estimators.length === 0) throw new AppError('notFound', 'Page not found');
        const { version, release } = found;
        return { validator: `${version} ${what}`, segments: answer(estimators), release };
      },
    };
  }

  private async nameByOutputs(simulationId: number, estimators: readonly ParsedEstimator[]): Promise<Naming> {
    const outputs = estimators.length === 0 ? [] : await this.outputNames.of(simulationId);
    const names = nameEstimators(
      estimators.map(({ name }) => name),
      outputs,
    );
    return { names, order: inOrderOfOutputs(names, outputs) };
  }

  private async validator(viewer: Viewer, jobId: string, what: string): Promise<string> {
    return `${await this.access.versionOf('results', viewer, jobId)} ${what}`;
  }
}

/** The API reference's list of estimators. */
const ESTIMATORS: EstimatorListMembers = {
  list: 'estimators',
  estimators: 'estimators',
  pages: 'pages',
  page: { page_number: 'number', name: 'name', dimensions: 'bins' },
};

/** Throws `notFound` for a simulation that nobody may see, or that has no results. */
function present<F extends { readonly pagesStored: number }>(found: F | undefined): F {
  if (found === undefined) throw noSuchJob();
  if (found.pagesStored === 0) throw new AppError('notFound', 'Results are unavailable');
  return found;
}

/** A final body without pages_total makes the results final at once. */
function finalAtPages({ partial, pages_total: pagesTotal }: ResultsEnvelope): number | undefined {
  return partial === true ? undefined : (pagesTotal ?? 0);
}
