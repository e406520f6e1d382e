import type { Segment } from '../payload/segment-list.js';
import type { FullEstimator, FullPage } from './find-pages.js';

/** What an answer with full pages is put around: all estimators, one of them, its pages alone, or one page. */
export type FullForm = 'estimators' | 'estimator' | 'pages' | 'page';

/**
 * Results in the shape that the platform's workers send: JSON text around the stored arrays, all else as it was sent.
 *
 * @param estimators at least one, with at least one page each; forms other than `estimators` show the first
 */
export function* fullPagesAnswer(form: FullForm, estimators: readonly FullEstimator[]): Generator<Segment> {
  const [first] = estimators as [FullEstimator];
  yield '{"message":"Results",';
  if (form === 'estimators') {
    yield '"estimators":[';
    for (const [index, estimator] of estimators.entries()) {
      yield `${index === 0 ? '' : ','}{${headOf(estimator)},`;
      yield* pagesOf(estimator);
      yield `${following(estimator.otherMembers)}}`;
    }
    yield ']';
  } else if (form === 'page') {
    yield '"page":';
    yield* fullPage(first.pages[0] as FullPage);
  } else {
    if (form === 'estimator') yield `${headOf(first)},`;
    yield* pagesOf(first);
  }
  yield '}';
}

function headOf({ name, metadata }: FullEstimator): string {
  return `"name":${JSON.stringify(name)},"metadata":${metadata === null || metadata === 'null' ? '{}' : metadata}`;
}

function* pagesOf({ pages }: FullEstimator): Generator<Segment> {
  yield '"pages":[';
  for (const [index, page] of pages.entries()) {
    if (index > 0) yield ',';
    yield* fullPage(page);
  }
  yield ']';
}

function* fullPage(page: FullPage): Generator<Segment> {
  const { bins, payload, metadata, dataMembers, axisMembers, otherMembers } =
    page.shape === 'worker' ? page : asWorkerPage(page);
  yield `{"dimensions":${bins.length},"metadata":${metadata ?? '{}'},"data":{${leading(dataMembers)}"values":`;
  yield { payload, part: 0 };
  yield '}';
  for (let axis = 1; axis <= bins.length; axis++) {
    yield `,"axis_dim${axis}":{${leading(axisMembers[axis - 1] ?? '')}"values":`;
    yield { payload, part: axis };
    yield '}';
  }
  yield `${following(otherMembers)}}`;
}

/** Members of a page in the workers' shape; what one of the reference shape calls by such a name is something else. */
const PAGE_MEMBERS = ['dimensions', 'metadata', 'data', 'axis_dim1', 'axis_dim2', 'axis_dim3'];

/** A page of the reference shape as a worker would have sent it, with what it has more. */
function asWorkerPage(page: FullPage): FullPage {
  const name = JSON.stringify(page.name);
  const told = page.metadata?.startsWith('{') === true ? page.metadata.slice(1, -1) : '';
  const metadata = `{"page_number":"${page.pageNumber}","name":${name}${following(without(told, ['page_number', 'name']))}}`;
  return {
    ...page,
    metadata,
    dataMembers: `"name":${name},"unit":${page.unit}${following(without(page.dataMembers, ['name', 'unit', 'values']))}`,
    axisMembers: page.bins.map(() => '"name":"","unit":""'),
    otherMembers: without(page.otherMembers, PAGE_MEMBERS),
  };
}

/** Members without those of some names. */
function without(members: string, names: readonly string[]): string {
  if (members === '') return '';
  return Object.entries(JSON.parse(`{${members}}`) as object)
    .filter(([name]) => !names.includes(name))
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join(',');
}

function leading(members: string): string {
  return members === '' ? '' : `${members},`;
}

function following(members: string): string {
  return members === '' ? '' : `,${members}`;
}
