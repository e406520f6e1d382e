import { JsonText, jsonText } from './json-writer.js';
import { InvalidInput } from './worker-errors.js';

/** Doubles of any bits that are a finite number, the same every time. */
function anyDoubles(count: number): number[] {
  const found = [-0, 5e-324, Number.MAX_VALUE, 1e21, 1e-7, 0.1];
  const view = new DataView(new ArrayBuffer(8));
  for (
    let seed = 1n;
    found.length < count;
    seed = BigInt.asUintN(64, seed * 6364136223846793005n + 1442695040888963407n)
  ) {
    view.setBigUint64(0, seed);
    if (Number.isFinite(view.getFloat64(0))) found.push(view.getFloat64(0));
  }
  return found;
}

describe('jsonText', () => {
  it('gives a text from which any double comes back, from lists and typed arrays', () => {
    const values = anyDoubles(10_000);
    const isSame = (JSON.parse(jsonText(values)) as number[]).every((value, at) => Object.is(value, values[at]));
    expect(isSame).toBe(true);
    expect(jsonText(Float64Array.from(values))).toBe(jsonText(values));
    expect(jsonText([new Float32Array([0.5]), new BigInt64Array([-1n])])).toBe('[[0.5],[-1]]');
  });

  it('writes what Python writes beyond JSON', () => {
    expect(jsonText([NaN, Infinity, -Infinity, -0])).toBe('[NaN,Infinity,-Infinity,-0.0]');
  });

  it('writes ASCII, so that characters are bytes', () => {
    const text = 'Zażółć \u0001 "\\ \u2028 😀 \ud800 \x7f';
    expect(jsonText({ [text]: text })).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(jsonText({ [text]: text }))).toStrictEqual({ [text]: text });
  });

  it('writes everything else as JSON.stringify does', () => {
    const value = {
      a: [1, 'b', null, true, undefined, []],
      b: undefined,
      c: {},
      d: new Date(0),
      e: 12345678901234567890n,
    };
    expect(jsonText(value)).toBe(
      `{"a":[1,"b",null,true,null,[]],"c":{},"d":"1970-01-01T00:00:00.000Z","e":12345678901234567890}`,
    );
    expect(jsonText({ raw: new JsonText('[1e400]') })).toBe('{"raw":[1e400]}');
  });

  it('says what it cannot write', () => {
    const endless: unknown[] = [];
    endless.push(endless);
    for (const wrong of [() => 1, Symbol('a'), new Map(), new DataView(new ArrayBuffer(1)), endless]) {
      expect(() => jsonText(wrong)).toThrow(InvalidInput);
    }
  });
});
