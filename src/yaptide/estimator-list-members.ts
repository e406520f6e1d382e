import type { EstimatorListMembers } from '../results/domain/estimator-list-members.js';

/** `GET /yaptide/estimators`. */
export const DIALECT_ESTIMATORS: EstimatorListMembers = {
  list: 'dialect estimators',
  estimators: 'estimators_metadata',
  pages: 'pages_metadata',
  page: { page_number: 'number', page_name: 'name', page_dimension: 'axes' },
};
