/** The parameters that decide on the form. */
interface Asked {
  readonly estimator_name: string | undefined;
  readonly page_number: string | undefined;
  readonly page_numbers: string | undefined;
}

/** Which of the four forms an answer to `GET /yaptide/results` has. */
export function resultsForm(asked: Asked): 'estimators' | 'estimator' | 'pages' | 'page' {
  if (asked.estimator_name === undefined) return 'estimators';
  if (asked.page_number !== undefined) return 'page';
  return asked.page_numbers === undefined ? 'estimator' : 'pages';
}
