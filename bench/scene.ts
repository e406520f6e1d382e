import { Session } from './client/session.js';
import { type Content, type DataSetName, type DataSets, dataSets, estimatorsText } from './data/data-set.js';
import type { CaseReport } from './report/case-report.js';
import type { BenchWorld } from './world/bench-world.js';
import type { ServerProcess } from './world/server-process.js';

/** How long and how often is measured. */
export interface Scale {
  readonly quick: boolean;
  readonly rounds: number;
  /** Of one slice. */
  readonly seconds: number;
  /** Of one slice, whatever the time. */
  readonly leastRequests: number;
}

/** A running service on a database of its own, and a user of it. */
export interface Stage {
  readonly server: ServerProcess;
  readonly session: Session;
  readonly databaseUrl: string;
}

/** Everything that the cases share. */
export class Scene {
  readonly sets: DataSets;
  private shared: Promise<Stage> | undefined;
  private readonly processes = new Map<string, Promise<ServerProcess>>();
  private readonly contents = new Map<string, Content>();

  constructor(
    readonly world: BenchWorld,
    readonly scale: Scale,
  ) {
    this.sets = dataSets(scale.quick);
  }

  /** The stage on which most cases measure. */
  stage(): Promise<Stage> {
    return (this.shared ??= this.freshStage());
  }

  /** A stage of a case's own: a fresh process, on a database that has only what the case brings. */
  async freshStage(brokerUrl?: string): Promise<Stage> {
    const databaseUrl = await this.world.createDatabase();
    const server = await this.world.startService(databaseUrl, brokerUrl);
    return { server, session: await Session.register(server.url), databaseUrl };
  }

  /**
   * A process of the stage's service for one subject alone: what ran before in a process changes the cost of what comes
   * next by a factor of several (the state of the allocator). A quick run does with the stage's own.
   */
  processFor({ server, databaseUrl }: Stage, subject: string): Promise<ServerProcess> {
    if (this.scale.quick) return Promise.resolve(server);
    const key = `${databaseUrl} ${subject}`;
    let own = this.processes.get(key);
    if (own === undefined) this.processes.set(key, (own = this.world.startService(databaseUrl)));
    return own;
  }

  /** Ends the subjects' processes, and frees the data. */
  async endCase(): Promise<void> {
    this.contents.clear();
    const started = await Promise.all(this.processes.values());
    this.processes.clear();
    await Promise.all(started.map((server) => this.world.stopServer(server)));
  }

  /** The estimators of a data set as workers send them, made once a run. */
  content(name: DataSetName, seed = 1): Content {
    const key = `${name}/${seed}`;
    let content = this.contents.get(key);
    if (content === undefined) this.contents.set(key, (content = estimatorsText(this.sets[name], seed)));
    return content;
  }
}

/** A case of the bench, by the name that `--case` takes. */
export interface BenchCase {
  readonly name: string;
  readonly title: string;
  readonly run: (scene: Scene) => Promise<Outcome>;
}

/** What a case brings; see CaseReport. */
export type Outcome = Omit<CaseReport, 'name' | 'title' | 'leftOut'> & {
  readonly leftOut?: readonly string[];
};
