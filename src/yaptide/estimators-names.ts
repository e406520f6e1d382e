import type { EstimatorsNames } from '../results/domain/estimators-names.js';

/** `GET /yaptide/estimators`. */
export const DIALECT_ESTIMATORS: EstimatorsNames = {
  list: 'dialect estimators',
  estimators: 'estimators_metadata',
  pages: 'pages_metadata',
  page: { page_number: 'number', page_name: 'name', page_dimension: 'axes' },
};
