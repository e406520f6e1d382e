import type { Segment } from '../payload/spliced-body.js';
import type { PageName, StoredEstimator } from './domain/stored-estimator.js';
import type { StoredPage } from './find-pages.js';

/** `GET /results` in the API reference's shape: JSON text around the stored arrays. */
export function* resultsAnswer(estimators: readonly StoredEstimator<StoredPage>[]): Generator<Segment> {
  yield '{"message":"Results","estimators":[';
  let before = '';
  for (const { name, pages } of estimators) {
    yield `${before}{"name":${JSON.stringify(name)},"pages":[`;
    for (const [index, page] of pages.entries()) yield* pageAnswer(page, index === 0 ? '' : ',');
    yield ']}';
    before = ',';
  }
  yield ']}';
}

function* pageAnswer({ pageNumber, name, unit, bins, payload }: StoredPage, before: string): Generator<Segment> {
  yield `${before}{"page_number":${pageNumber},"name":${JSON.stringify(name)},"data":{"values":`;
  yield { payload, part: 0 };
  yield ',"dimensions":[';
  for (let axis = 1; axis <= bins.length; axis++) {
    if (axis > 1) yield ',';
    yield { payload, part: axis };
  }
  yield `],"unit":${unit}}}`;
}

/** `GET /estimators`: names and page metadata without the arrays. */
export function estimatorsAnswer(estimators: readonly StoredEstimator<PageName>[]): object {
  return {
    message: 'Estimators',
    estimators: estimators.map(({ name, pages }) => ({
      name,
      pages: pages.map((page) => ({ page_number: page.pageNumber, name: page.name, dimensions: page.bins })),
    })),
  };
}
