import type { RemoteOptions } from '../command-line.js';
import type { CaseReport } from '../report/case-report.js';

export function measureRemote(_options: RemoteOptions): Promise<CaseReport> {
  return Promise.reject(new Error('not yet'));
}
