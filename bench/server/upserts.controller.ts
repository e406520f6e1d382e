import { Controller, HttpCode, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Public } from '../../src/auth/public.decorator.js';
import { StreamedBody } from '../../src/http/body-source.js';
import { readWorkerBody, type WorkerBody } from '../../src/ingest/worker-body.js';
import { Database, type Transaction } from '../../src/prisma/database.js';
import { resultsFormat } from '../../src/results/ingest/results-format.js';
import { ResultsReader } from '../../src/results/ingest/results-reader.js';
import { storeResults } from '../../src/results/ingest/store-results.js';
import { UpdateKeyService } from '../../src/simulations/update-key.service.js';
import { upsertNaivePage } from './naive-upload.js';

const MAX_BYTES = 2 ** 30;

/** Times the storing of pages that were read and compressed before: with the service's statements, or row by row. */
@Controller('bench/upserts')
export class UpsertsController {
  constructor(
    private readonly database: Database,
    private readonly updateKeys: UpdateKeyService,
  ) {}

  @Public()
  @Post()
  @HttpCode(202)
  async store(
    @Query('way') way: 'ours' | 'row-by-row',
    @StreamedBody() body: WorkerBody,
    @Req() { ip }: FastifyRequest,
  ): Promise<{ milliseconds: number }> {
    const reader = new ResultsReader();
    try {
      const authorize = (id: string | number, key: string) => this.updateKeys.authorize(id, key, ip);
      const { simulation } = await readWorkerBody(body, resultsFormat(MAX_BYTES), authorize, reader);
      await reader.spool.finish();
      const store = way === 'ours' ? storeAsService : storeRowByRow;
      const since = performance.now();
      await this.database.transaction((tx) => store(tx, simulation.id, reader));
      return { milliseconds: performance.now() - since };
    } finally {
      await reader.spool.close();
    }
  }
}

async function storeAsService(
  tx: Transaction,
  simulationId: number,
  { estimators, spool }: ResultsReader,
): Promise<void> {
  await storeResults(tx, simulationId, { estimators, spool, revision: null, finalAtPages: undefined });
}

async function storeRowByRow(
  tx: Transaction,
  simulationId: number,
  { estimators, spool }: ResultsReader,
): Promise<void> {
  for (const { name: estimator, pages } of estimators) {
    for (const { pageNumber, name, unit, payload } of pages) {
      const arrays: (Buffer | null)[] = [];
      for (const [stream] of payload.parts)
        arrays.push(stream === undefined ? null : Buffer.concat(await spool.read(stream)));
      await upsertNaivePage(tx, [simulationId, estimator, pageNumber, name, unit], arrays);
    }
  }
}
