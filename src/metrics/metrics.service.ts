import { Injectable } from '@nestjs/common';
import { AmqpMetrics } from './amqp-metrics.js';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Owns the Prometheus metrics; names follow Prometheus' conventions (base units, `_total` for counters). */
@Injectable()
export class MetricsService {
  private readonly registry = new Registry();
  readonly amqp = new AmqpMetrics(this.registry);
  private readonly requests = new Histogram({
    name: 'tallyhouse_http_request_duration_seconds',
    help: 'Time from receiving a request to having sent its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [this.registry],
  });
  /** Of the histogram; to find one by its labels costs as much as all else of it. */
  private readonly series = new Map<string, { observe(seconds: number): void }>();
  private readonly pages = new Counter({
    name: 'tallyhouse_ingested_pages_total',
    help: 'Pages stored anew or replaced',
    registers: [this.registry],
  });
  private readonly bytes = new Counter({
    name: 'tallyhouse_ingested_bytes_total',
    help: 'Bytes of values, axes and log texts taken in, inflated and normalised',
    registers: [this.registry],
  });
  private readonly failures = new Counter({
    name: 'tallyhouse_failures_total',
    help: 'Requests refused or failed, by kind of error',
    labelNames: ['kind'],
    registers: [this.registry],
  });
  private readonly dispatched = new Counter({
    name: 'tallyhouse_dispatch_published_total',
    help: 'Messages about tasks that the broker confirmed, by event (requested, canceled)',
    labelNames: ['event'],
    registers: [this.registry],
  });

  constructor() {
    // Among the defaults: event-loop delay (nodejs_eventloop_lag_*), resident memory, garbage collection.
    collectDefaultMetrics({ register: this.registry });
  }

  /** A number that is asked for at every scrape; where it can't be told, it is left out. */
  gauge(name: string, help: string, read: () => Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        const value = await read().catch(() => undefined);
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }

  countPages(pages: number, bytes: number): void {
    this.pages.inc(pages);
    this.bytes.inc(bytes);
  }

  countBytes(bytes: number): void {
    this.bytes.inc(bytes);
  }

  countDispatched(event: string, messages: number): void {
    this.dispatched.inc({ event }, messages);
  }

  countFailure(kind: string): void {
    this.failures.inc({ kind });
  }

  observeRequest(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${status} ${route}`;
    let series = this.series.get(key);
    if (series === undefined) this.series.set(key, (series = this.requests.labels({ method, route, status })));
    series.observe(seconds);
  }

  /** The text exposition format, and its media type. */
  async expose(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }
}
