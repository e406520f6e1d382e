import { binMiddles, NoiseSource, noisyValues } from './monte-carlo.js';

/** How large the results of one simulation are. */
export interface DataSet {
  readonly name: string;
  readonly estimators: number;
  /** Of each estimator. */
  readonly pages: number;
  /** Of each page, along each axis. */
  readonly bins: readonly number[];
}

/** A body of `POST /results` up to where the estimators begin is different for every simulation, the rest is not. */
export type Content = readonly Buffer[];

/** The cases of the goals; values a page is the product of the bins. */
const FULL = {
  A: { name: 'A', estimators: 4, pages: 4, bins: [400] },
  B: { name: 'B', estimators: 4, pages: 4, bins: [100, 100] },
  C: { name: 'C', estimators: 1, pages: 1, bins: [100, 100, 40] },
  W: { name: 'W', estimators: 20, pages: 50, bins: [400] },
  X: { name: 'X', estimators: 10, pages: 5, bins: [100, 50, 20] },
  /** 16 MB of JSON, as workers send it at once. */
  M: { name: 'M', estimators: 4, pages: 4, bins: [100, 20, 23] },
  /** A thousand small pages. */
  S: { name: 'S', estimators: 20, pages: 50, bins: [10] },
} as const satisfies Record<string, DataSet>;

/** The same shapes, small: they show that the bench runs, and nothing else. */
const QUICK: Record<DataSetName, DataSet> = {
  ...FULL,
  B: { ...FULL.B, bins: [20, 20] },
  C: { ...FULL.C, bins: [50, 40, 20] },
  W: { ...FULL.W, estimators: 5, pages: 10 },
  X: { ...FULL.X, estimators: 2, bins: [50, 20, 10] },
  M: { ...FULL.M, bins: [20, 10, 10] },
  S: { ...FULL.S, estimators: 4, pages: 10 },
};

export type DataSetName = keyof typeof FULL;
export type DataSets = Readonly<Record<DataSetName, DataSet>>;

export function dataSets(quick: boolean): DataSets {
  return quick ? QUICK : FULL;
}

/** The pages' two shapes: the API reference's, and the one that the platform's workers build. */
export type Dialect = 'root' | 'yaptide';

/** `"estimators": […]` of a data set, the same bytes for the same seed. */
export function estimatorsText(set: DataSet, seed: number, dialect: Dialect = 'root'): Content {
  return [...estimators(set, new NoiseSource(seed), dialect)];
}

function* estimators(set: DataSet, noise: NoiseSource, dialect: Dialect): Generator<Buffer> {
  const pageOf = dialect === 'root' ? rootPage : workerPage;
  yield Buffer.from('"estimators": [');
  for (let estimator = 0; estimator < set.estimators; estimator++) {
    yield Buffer.from(`${estimator === 0 ? '' : ', '}{"name": "detector_${estimator}_", "pages": [`);
    for (let page = 0; page < set.pages; page++) {
      if (page > 0) yield Buffer.from(', ');
      yield* pageOf(set, page, noise);
    }
    yield Buffer.from(']}');
  }
  yield Buffer.from(']');
}

function* rootPage({ bins }: DataSet, page: number, noise: NoiseSource): Generator<Buffer> {
  yield Buffer.from(`{"page_number": ${page}, "name": "Dose ${page}", "data": {"values": [`);
  yield* noisyValues(valuesOf(bins), noise);
  const axes = bins.map((count, axis) => `[${binMiddles(count, axis)}]`);
  yield Buffer.from(`], "dimensions": [${axes.join(', ')}], "unit": "MeV/g"}}`);
}

function* workerPage({ bins }: DataSet, page: number, noise: NoiseSource): Generator<Buffer> {
  const metadata = `{"page_number": "${page}", "name": "Dose ${page}"}`;
  const head = `{"dimensions": ${bins.length}, "metadata": ${metadata}, "data": {"name": "Dose ${page}", "unit": "MeV/g", "values": [`;
  yield Buffer.from(head);
  yield* noisyValues(valuesOf(bins), noise);
  const axes = bins.map(
    (count, axis) =>
      `"axis_dim${axis + 1}": {"name": "Position", "unit": "cm", "values": [${binMiddles(count, axis)}]}`,
  );
  yield Buffer.from(`]}, ${axes.join(', ')}}`);
}

function valuesOf(bins: readonly number[]): number {
  return bins.reduce((product, count) => product * count, 1);
}

/** A whole body of `POST /results` for one simulation. */
export function resultsBody(
  simulation: { simulation_id: string | number; update_key: string },
  content: Content,
): Buffer[] {
  const envelope = JSON.stringify(simulation).slice(0, -1);
  return [Buffer.from(`${envelope}, `), ...content, Buffer.from('}')];
}

export function bytesOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
