const page = {
  dimensions: 1,
  metadata: { page_number: '0', name: 'Dose' },
  data: { name: 'Dose', unit: 'Gy', values: [0.0, 0.001, 0.015] },
  axis_dim1: { name: 'Position (Z)', unit: 'cm', values: [0.5, 1.5, 2.5] },
};
const estimator = { name: 'depth_dose_', metadata: { number_of_primaries: 1000 }, pages: [page] };
const message = 'Results';

/** One example for each of the four forms. */
export const RESULTS_EXAMPLES = {
  all: { summary: 'All estimators', value: { message, estimators: [estimator] } },
  estimator: { summary: 'With estimator_name', value: { message, ...estimator } },
  page: { summary: 'With page_number as well', value: { message, page } },
  pages: { summary: 'With page_numbers as well', value: { message, pages: [page] } },
};

/** The answer of GET /yaptide/estimators. */
export const ESTIMATORS_EXAMPLE = {
  message: 'Estimators',
  estimators_metadata: [
    { name: 'depth_dose_', pages_metadata: [{ page_number: 0, page_name: 'Dose', page_dimension: 1 }] },
  ],
};
