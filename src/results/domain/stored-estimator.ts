/** A stored page as a list of pages names it. */
export interface PageName {
  readonly pageNumber: number;
  readonly name: string;
  readonly bins: readonly number[];
}

/** An estimator with the selected pages of it, ascending. */
export interface StoredEstimator<P extends PageName> {
  readonly name: string;
  readonly pages: readonly P[];
}
