/** The shape in which workers of the platform post results: one estimator with its pages. */
export interface Estimator {
  name: string;
  metadata: Record<string, string>;
  pages: EstimatorPage[];
}

/** One scored quantity; `data.values` is flat, the first axis runs fastest. */
export interface EstimatorPage {
  dimensions: number;
  metadata: Record<string, string>;
  data: Quantity;
  axis_dim1?: Quantity;
  axis_dim2?: Quantity;
}

/** Named numbers with a unit: the values of a page, or the bin centres of an axis. */
export interface Quantity {
  name: string;
  unit: string;
  values: number[];
}

/** An axis of equal bins between two limits, given by their centres. */
export function binCentres(name: string, unit: string, from: number, to: number, bins: number): Quantity {
  const width = (to - from) / bins;
  return { name, unit, values: Array.from({ length: bins }, (_, bin) => from + (bin + 0.5) * width) };
}

/** A page of one quantity on up to two axes; `page_number` and the like go into its metadata as text, as workers send them. */
export function estimatorPage(pageNumber: number, detector: string, data: Quantity, axes: Quantity[]): EstimatorPage {
  const [first, second] = axes;
  return {
    dimensions: axes.length,
    metadata: { page_number: String(pageNumber), name: data.name, dettyp: detector, unit: data.unit },
    data,
    ...(first && { axis_dim1: first }),
    ...(second && { axis_dim2: second }),
  };
}
