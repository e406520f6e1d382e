import { parseResults } from './json-parser.js';
import { jsonText } from './json-writer.js';

const again = (text: string) => jsonText(parseResults(text));

describe('parseResults', () => {
  it('keeps every number as it was written, with NaN and the infinities', () => {
    const values = '[1.50, -0, 1E+2, 12345678901234567890, [NaN, -Infinity], null]';
    const page = `{"page_number": 3, "n": 0.10, "big": 9007199254740993, "data": {"values": ${values}}}`;
    expect(again(`{"message": "", "estimators": [{"name": "a", "pages": [${page}]}]}`)).toBe(
      `[{"name":"a","pages":[{"page_number":3,"n":0.10,"big":9007199254740993,"data":{"values":${values.replaceAll(' ', '')}}}]}]`,
    );
  });

  it('reads everything else as JSON.parse does', () => {
    const text =
      '[{"a\\"b": "\\u0105\\\\", "list": [1, "x", [], {}], "t": true, "f": false, "n": null, "__proto__": 1}, []]';
    expect(JSON.parse(again(text))).toStrictEqual(JSON.parse(text));
    expect(again(' [ ] ')).toBe('[]');
    expect(again('[{"name":"a","pages":[]}]')).toBe('[{"name":"a","pages":[]}]');
  });

  it.each([
    ['{}', /list of estimators/],
    ['1', /list of estimators/],
    ['"a"', /list of estimators/],
    ['{"estimators": {}}', /list of estimators/],
    ['[1e400]', /1e400 is outside the range of a double/],
    ['', /the end is not expected at position 0/],
    ['[', /the end/],
    ['[{"a" 1}]', /"1" is not expected at position 6/],
    ['[{"a": 01}]', /"1" is not expected/],
    ['[{},]', /"]" is not expected/],
    ['[{"a": tru}]', /"t" is not expected/],
    ['["a\\x"]', /wrong string/],
    ['["a\n"]', /wrong string/],
    ['["a]', /the end/],
    ['[{}] 1', /"1" is not expected/],
    ['['.repeat(100_000), /nested/],
  ])('refuses %.20j', (text, complaint) => {
    expect(() => parseResults(text)).toThrow(complaint);
  });
});
