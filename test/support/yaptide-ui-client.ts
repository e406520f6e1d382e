import { setTimeout as wait } from 'node:timers/promises';

/** What the platform's web UI gives up after. */
const PATIENCE_MS = 10_000;
const TRIES = 3;

/** An answer above 300, which that UI reads as JSON with a message. */
export class UiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** A simulation as that UI lists it. */
export interface ListedSimulation {
  readonly jobId: string;
  readonly title: string;
  readonly startTime: string;
  readonly endTime: string | null;
  readonly metadata: {
    readonly platform: 'DIRECT' | 'BATCH';
    readonly server: string;
    readonly inputType: string;
    readonly simType: string;
  };
}

export interface ShownTask {
  readonly taskId: number;
  readonly taskState: string;
  readonly requestedPrimaries: number;
  readonly simulatedPrimaries: number;
  readonly startTime?: string;
  readonly endTime?: string;
  readonly estimatedTime?: { readonly hours: number; readonly minutes: number; readonly seconds: number };
}

export interface JobStatus {
  readonly jobState: string;
  readonly jobTasksStatus: readonly ShownTask[];
}

export interface ShownPage {
  readonly dimensions: number;
  readonly data: { readonly name: string; readonly unit: string; readonly values: readonly number[] };
  readonly axisDim1?: { readonly name: string; readonly unit: string; readonly values: readonly number[] };
  readonly axisDim2?: { readonly name: string; readonly unit: string; readonly values: readonly number[] };
}

type Parameters = Readonly<Record<string, string | number>>;

/**
 * Reads and writes as the platform's web UI does: a base URL that ends in the dialect's prefix, cookies, keys in camel case on its
 * side and in snake case on the wire, ten seconds of patience for headers, and another try where the service is in trouble.
 */
export class YaptideUiClient {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly baseUrl: string) {}

  async hello(): Promise<string> {
    return ((await this.ask('GET', '')) as { message: string }).message;
  }

  async register(username: string, password: string): Promise<void> {
    await this.ask('PUT', 'auth/register', {}, { username, password });
  }

  async logIn(username: string, password: string): Promise<{ accessExp: number; refreshExp: number }> {
    return (await this.ask('POST', 'auth/login', {}, { username, password })) as never;
  }

  async refresh(): Promise<{ accessExp: number }> {
    return (await this.ask('GET', 'auth/refresh')) as never;
  }

  async whoAmI(): Promise<{ username: string; source: string }> {
    return (await this.ask('GET', 'auth/status')) as never;
  }

  async logOut(): Promise<void> {
    await this.ask('DELETE', 'auth/logout');
  }

  /** A project of the editor keeps its own keys. */
  async submit(runType: 'direct' | 'batch', project: { project: { title: string } }, ntasks: number): Promise<string> {
    const rest = { inputType: 'editor', ntasks, simType: 'shieldhit', title: project.project.title, batchOptions: {} };
    const answer = await this.ask(
      'POST',
      `jobs/${runType}`,
      {},
      { input_json: project, ...(renamed(rest, snake) as object) },
    );
    return (answer as { jobId: string }).jobId;
  }

  async list(states: readonly string[] = []): Promise<{ pageCount: number; simulations: ListedSimulation[] }> {
    const query = { pageIdx: 1, pageSize: 10, orderType: 'descend', orderBy: 'start_time', jobState: states.join(',') };
    return (await this.ask('GET', 'user/simulations', query)) as never;
  }

  async status({ jobId, metadata }: ListedSimulation): Promise<JobStatus> {
    return (await this.ask('GET', `jobs/${metadata.platform.toLowerCase()}`, { jobId })) as never;
  }

  async inputs(jobId: string): Promise<{ input: { inputType: string; inputJson?: Record<string, unknown> } }> {
    return (await this.ask('GET', 'inputs', { jobId })) as never;
  }

  /** The pages of the first estimator, or of the one that is named, fetched dimension by dimension. */
  async open(jobId: string, estimatorName?: string): Promise<{ name: string; pages: ShownPage[] }> {
    const { estimatorsMetadata } = (await this.ask('GET', 'estimators', { jobId })) as {
      estimatorsMetadata: { name: string; pagesMetadata: { pageNumber: number; pageDimension: number }[] }[];
    };
    const shown = estimatorsMetadata.find(({ name }) => estimatorName === undefined || name === estimatorName);
    if (shown === undefined) throw new Error(`no estimator ${estimatorName}`);
    const numbers = new Map<number, number[]>();
    for (const { pageNumber, pageDimension } of shown.pagesMetadata) {
      numbers.set(pageDimension, [...(numbers.get(pageDimension) ?? []), pageNumber]);
    }
    const pages: ShownPage[] = [];
    for (const ofDimension of numbers.values()) {
      const query = { jobId, estimatorName: shown.name, pageNumbers: ranges(ofDimension) };
      pages.push(...((await this.ask('GET', 'results', query)) as { pages: ShownPage[] }).pages);
    }
    return { name: shown.name, pages };
  }

  async allResults(jobId: string): Promise<{ estimators: { name: string; pages: ShownPage[] }[] }> {
    return (await this.ask('GET', 'results', { jobId })) as never;
  }

  async logs(jobId: string): Promise<Record<string, string>> {
    return ((await this.ask('GET', 'logfiles', { jobId })) as { logfiles: Record<string, string> }).logfiles;
  }

  async cancel({ jobId, metadata }: ListedSimulation): Promise<void> {
    await this.ask('DELETE', `jobs/${metadata.platform.toLowerCase()}`, { jobId });
  }

  async delete(jobId: string): Promise<void> {
    await this.ask('DELETE', 'user/simulations', { jobId });
  }

  private async ask(method: string, path: string, query: Parameters = {}, body?: object): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.send(method, path, query, body);
      for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        if (name !== undefined && value !== undefined) this.cookies.set(name, value);
      }
      const answer = (await response.json()) as { message: string };
      if (response.status <= 300) return renamed(answer, camel);
      if (response.status < 500 || attempt === TRIES) throw new UiError(response.status, answer.message);
      await wait(100 * attempt);
    }
  }

  private async send(method: string, path: string, query: Parameters, body?: object): Promise<Response> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) search.set(snake(name), String(value));
    return fetch(`${this.baseUrl}/${path}${search.size === 0 ? '' : `?${search.toString()}`}`, {
      method,
      headers: {
        cookie: [...this.cookies].map((pair) => pair.join('=')).join('; '),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

/** `0-2,4` for 0, 1, 2 and 4, which come ascending. */
function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run?.[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

/** A JSON value with the keys of all its objects renamed. */
function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((entry) => renamed(entry, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [rename(key), renamed(member, rename)]));
}

function camel(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
