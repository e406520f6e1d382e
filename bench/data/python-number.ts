/**
 * A double as Python's `repr` and `json.dumps` print it: the shortest digits that give the same double back, with an
 * exponent of at least two digits below 1e-4 and from 1e16 on (CPython, `float_repr_style` short).
 */
export function pythonNumber(value: number): string {
  const text = String(value);
  const magnitude = Math.abs(value);
  // JavaScript writes digits without an exponent from 1e-6 to 1e21, Python from 1e-4 to 1e16.
  if ((magnitude >= 1e-4 && magnitude < 1e16) || magnitude === 0) return text.includes('.') ? text : `${text}.0`;
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
