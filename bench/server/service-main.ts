import { readConfig } from '../../src/config/config.js';
import type { ServiceConfig } from '../../src/config/config.module.js';
import { createApp } from '../../src/create-app.js';
import { Database } from '../../src/prisma/database.js';
import type { AmqpMetrics } from '../../src/metrics/amqp-metrics.js';
import { MetricsService } from '../../src/metrics/metrics.service.js';
import { MigrationsService } from '../../src/prisma/migrations.service.js';
import { letHeapGrow } from '../../src/start/heap-growth.js';
import { answerBench } from './answer-bench.js';
import { BENCH_TABLES } from './bench-tables.js';
import { BenchModule } from './bench.module.js';
import { tellReady } from './ready-message.js';
import { StatementRecorder } from './statement-recorder.js';

// The service as it is shipped, with the yardsticks beside it: one application, so that all else is equal.
letHeapGrow();
const recorder = new StatementRecorder();
const config = readConfig() as ServiceConfig;
const app = await createApp(config, BenchModule.beside(config));
await app.listen({ host: config.host, port: config.port });
await app.startAllMicroservices();
await app.get(MigrationsService).run(new AbortController().signal);
await app.get(Database).query(BENCH_TABLES);
answerBench({ recorder, acknowledged: acknowledgements(app.get(MetricsService).amqp) });
process.once('disconnect', () => process.exit(0));
tellReady((app.getHttpServer().address() as { port: number }).port);

/** Counts along with the metrics; to ask for these again and again would cost the server what some dozen updates do. */
function acknowledgements(metrics: AmqpMetrics): () => number {
  let acknowledged = 0;
  const countDelivery = metrics.countDelivery.bind(metrics);
  metrics.countDelivery = (queue, outcome, kind) => {
    if (outcome === 'acknowledged') acknowledged++;
    countDelivery(queue, outcome, kind);
  };
  return () => acknowledged;
}
