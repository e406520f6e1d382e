import { findFreePorts } from '../../src/embedded/free-ports.js';
import { type RunningService, startService } from '../support/service.js';

/** One instance of the service, a real process, that is ended and started again at the same address. */
export class Instance {
  private running: RunningService | undefined;
  private earlierOutput = '';
  private readonly unasked = new AbortController();

  private constructor(
    private readonly databaseUrl: string,
    private readonly settings: Readonly<Record<string, string>>,
    private readonly main: string | undefined,
    readonly url: string,
  ) {}

  static async start(
    databaseUrl: string,
    settings: Readonly<Record<string, string>>,
    main: string | undefined,
  ): Promise<Instance> {
    const [port] = await findFreePorts(1);
    const withPort = { ...settings, PORT: String(port) };
    const instance = new Instance(databaseUrl, withPort, main, `http://127.0.0.1:${port}`);
    await instance.start();
    return instance;
  }

  /** Given once it ends although nobody asked it to. */
  get endedUnasked(): AbortSignal {
    return this.unasked.signal;
  }

  /** Resolves once it answers; with the milliseconds that took. */
  async start(): Promise<number> {
    const since = performance.now();
    const running = await startService(this.databaseUrl, this.settings, this.main);
    this.running = running;
    void running.ended.then(() => {
      if (this.running === running) this.unasked.abort();
    });
    return performance.now() - since;
  }

  /** Sends a signal; resolves with the exit code once it is gone, null where the signal ended it or it was gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const { running } = this;
    if (running === undefined) return null;
    this.running = undefined;
    const code = await running.end(signal);
    this.earlierOutput += running.output();
    return code;
  }

  /** Of this life; undefined while it is ended. */
  get pid(): number | undefined {
    return this.running?.pid;
  }

  /** What all its lives wrote. */
  output(): string {
    return this.earlierOutput + (this.running?.output() ?? '');
  }

  async isReady(): Promise<boolean> {
    return fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(10_000) }).then(
      async ({ ok, body }) => {
        await body?.cancel();
        return ok;
      },
      () => false,
    );
  }

  /** The sum of a metric over its labels, or over those that match, of this life. */
  async figure(name: string, labels = /(?:)/): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const samples = [...text.matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)$`, 'gm'))];
    return samples.reduce((sum, [, told = '', value]) => sum + (labels.test(told) ? Number(value) : 0), 0);
  }
}
