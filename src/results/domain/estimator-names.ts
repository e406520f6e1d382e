/** How an estimator came by its name: after an output's name, after the place of one, or not at all. */
export type NamedBy = 'name' | 'position' | 'none';

/** What an estimator of an upload is called. */
export interface EstimatorName {
  /** The name in the body. */
  readonly sent: string;
  readonly name: string;
  readonly by: NamedBy;
}

/**
 * Names the estimators of one upload after the outputs of an editor project (docs/decisions/0018-estimator-names.md). Simulators
 * write an output `dose` to files that are called `dose_`, or give them numbers. An estimator takes the name of the only output that
 * is called like it without the `_` at its end, else of the only one that is called like it. If there are as many estimators as
 * outputs, those that are left over on either side are matched by their places in alphabetical order. All others keep the name that
 * was sent, and so do those that would be called alike.
 *
 * @param sent names in the body, no two alike, in any order, which makes no difference
 * @param outputs names of all outputs; an empty one stands for an output that has none
 * @returns one for each of `sent`, in the same order, no two names alike
 */
export function nameEstimators(sent: readonly string[], outputs: readonly string[]): EstimatorName[] {
  const counts = countsOf(outputs);
  const known = new Set(outputs.filter((output) => output !== '' && counts.get(output) === 1));
  const byName = new Map(sent.map((name) => [name, outputOf(name, known)]));
  const byPosition = sent.length === outputs.length ? matchLeftOvers(byName, outputs) : new Map<string, string>();
  const named = sent.map((name): EstimatorName => {
    const output = byName.get(name);
    if (output !== undefined) return { sent: name, name: output, by: 'name' };
    const place = byPosition.get(name);
    return place === undefined ? asSent(name) : { sent: name, name: place, by: 'position' };
  });
  return withoutTwins(named);
}

function asSent(name: string): EstimatorName {
  return { sent: name, name, by: 'none' };
}

function outputOf(name: string, known: ReadonlySet<string>): string | undefined {
  const base = name.endsWith('_') ? name.slice(0, -1) : name;
  return [base, name].find((output) => known.has(output));
}

/** Estimators without a name and outputs that no estimator is called after, by their places; none where an output has no name. */
function matchLeftOvers(
  byName: ReadonlyMap<string, string | undefined>,
  outputs: readonly string[],
): ReadonlyMap<string, string> {
  const taken = new Set(byName.values());
  const estimators = [...byName].filter(([, output]) => output === undefined).map(([name]) => name);
  const free = outputs.filter((output) => !taken.has(output));
  // They differ where two estimators are called after one output.
  if (estimators.length !== free.length || free.includes('')) return new Map();
  free.sort(byCodePoint);
  return new Map(estimators.sort(byCodePoint).map((name, place) => [name, free[place] as string]));
}

/** Gives those that would be called alike back the names that were sent, until no two are. */
function withoutTwins(named: EstimatorName[]): EstimatorName[] {
  for (;;) {
    const counts = countsOf(named.map(({ name }) => name));
    if (counts.size === named.length) return named;
    named = named.map((one) => (counts.get(one.name) === 1 ? one : asSent(one.sent)));
  }
}

function countsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** The order of Python's `sorted`, in which the platform's workers list files. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * The places of `named` in the order in which they are to be shown: as the project has their outputs, what is called after none
 * behind. Whoever links a list of estimators to the outputs by position, as the platform's web UI does, then links the right ones.
 */
export function inOrderOfOutputs(named: readonly EstimatorName[], outputs: readonly string[]): number[] {
  const places = new Map(outputs.map((name, place) => [name, place]));
  const placeOf = ({ name, by }: EstimatorName) => (by === 'none' ? undefined : places.get(name)) ?? outputs.length;
  const ordered = named.map((one, index) => ({ index, place: placeOf(one) }));
  return ordered.sort((a, b) => a.place - b.place || a.index - b.index).map(({ index }) => index);
}
