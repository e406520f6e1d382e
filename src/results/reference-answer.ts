import { SegmentList } from '../payload/segment-list.js';
import type { StoredEstimator } from './domain/stored-estimator.js';
import type { StoredPage } from './find-pages.js';

/** `GET /results` in the API reference's shape: JSON text around the stored arrays. */
export function resultsAnswer(estimators: readonly StoredEstimator<StoredPage>[]): SegmentList {
  const answer = new SegmentList();
  answer.text('{"message":"Results","estimators":[');
  for (const [index, { name, pages }] of estimators.entries()) {
    answer.text(`${index === 0 ? '' : ','}{"name":${JSON.stringify(name)},"pages":[`);
    let before = '';
    for (const page of pages) {
      addPage(answer, page, before);
      before = ',';
    }
    answer.text(']}');
  }
  answer.text(']}');
  return answer;
}

function addPage(answer: SegmentList, page: StoredPage, before: string): void {
  const { payload, bins } = page;
  answer.text(`${before}{"page_number":${page.pageNumber},"name":${JSON.stringify(page.name)},"data":{"values":`);
  answer.part(payload, 0);
  answer.text(',"dimensions":[');
  for (let axis = 1; axis <= bins.length; axis++) {
    if (axis > 1) answer.text(',');
    answer.part(payload, axis);
  }
  answer.text(`],"unit":${page.unit}}}`);
}
