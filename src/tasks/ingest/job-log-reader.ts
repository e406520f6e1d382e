import { invalid } from '../../errors/app-error.js';
import { DocumentBuilder } from '../../json/document-builder.js';
import { plainTextFault } from '../../validation/is-plain-text.decorator.js';

/** Under which a log that came as a mere text is kept. */
const SINGLE_LOG = 'job';

/**
 * Reads `log` of a job's report: texts by name, as the platform's workers send it, or one text. Names follow the
 * rule of log files.
 */
export class JobLogReader extends DocumentBuilder {
  readonly texts: ReadonlyMap<string, string>;

  constructor() {
    const texts = new Map<string, string>();
    super({ map: 'value' }, 'log', (value) => takeTexts(value, texts));
    this.texts = texts;
  }

  override key(name: string, loneSurrogate: boolean): void {
    const fault = loneSurrogate ? 'must not contain a lone surrogate' : plainTextFault(name, 1, 255);
    if (fault !== undefined) throw invalid('log', `the name ${JSON.stringify(name.slice(0, 40))} ${fault}`);
    super.key(name);
  }
}

function takeTexts(value: unknown, texts: Map<string, string>): void {
  if (value === null || value === '') return;
  if (typeof value === 'string') {
    texts.set(SINGLE_LOG, value);
    return;
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('log', 'must be a text, or texts by name');
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw invalid(`log.${name}`, 'must be a string');
    texts.set(name, text);
  }
}
