import type { AnswerShape } from '../payload/resource.js';
import type { PageName, StoredEstimator } from '../results/domain/stored-estimator.js';

/** `GET /yaptide/estimators`. */
export const DIALECT_ESTIMATORS: AnswerShape<readonly StoredEstimator<PageName>[]> = {
  name: 'dialect estimators',
  answer: (estimators) => ({
    message: 'Estimators',
    estimators_metadata: estimators.map(({ name, pages }) => ({
      name,
      pages_metadata: pages.map((page) => ({
        page_number: page.pageNumber,
        page_name: page.name,
        page_dimension: page.bins.length,
      })),
    })),
  }),
};
