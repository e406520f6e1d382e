import { SegmentList } from '../payload/segment-list.js';
import type { StoredEstimator } from './domain/stored-estimator.js';
import type { StoredPage } from './find-pages.js';

/** `GET /results` in the API reference's shape: JSON text around the stored arrays. */
export function resultsAnswer(estimators: readonly StoredEstimator<StoredPage>[]): SegmentList {
  const answer = new SegmentList().text('{"message":"Results","estimators":[');
  let before = '{"name":';
  for (const { name, pages } of estimators) {
    answer.text(before).text(JSON.stringify(name)).text(',"pages":[');
    addPages(answer, pages);
    answer.text(']}');
    before = ',{"name":';
  }
  return answer.text(']}');
}

/** Pieces of text are added one by one: putting them together first would cost more. */
function addPages(answer: SegmentList, pages: readonly StoredPage[]): void {
  let before = '{"page_number":';
  for (const { payload, bins, pageNumber, name, unit } of pages) {
    answer.text(before).text(String(pageNumber)).text(',"name":').text(JSON.stringify(name));
    answer.text(',"data":{"values":').part(payload, 0).text(',"dimensions":[');
    for (let axis = 1; axis <= bins.length; axis++) {
      if (axis > 1) answer.text(',');
      answer.part(payload, axis);
    }
    answer.text('],"unit":').text(unit).text('}}');
    before = ',{"page_number":';
  }
}
