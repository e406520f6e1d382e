import type { CaseReport, Finding, SubjectReport } from './case-report.js';
import type { Spread } from './spread.js';

const SUBJECT_HEAD = [
  ...['subject', 'requests', 'body', 'server CPU ms', 'database CPU ms', 'a second', 'p50 ms', 'p99 ms'],
  ...['RSS growth MiB', 'loop p99 ms', 'loop max ms'],
];
const FINDING_HEAD = ['figure', 'median', 'min … max', 'goal', ''];

/** The case's figures for reading: as aligned text, or in Markdown. */
export function caseTables(report: CaseReport, markdown: boolean): string {
  const table = markdown ? markdownTable : textTable;
  const parts = [markdown ? `### ${report.name}: ${report.title}` : `\n== ${report.name}: ${report.title}`];
  if (report.subjects.length > 0) parts.push(table([SUBJECT_HEAD, ...report.subjects.map(subjectRow)]));
  if (report.findings.length > 0) parts.push(table([FINDING_HEAD, ...report.findings.map(findingRow)]));
  for (const what of report.leftOut) parts.push(`Not measured here: ${what}.`);
  for (const { what, holds } of report.checks) if (!holds) parts.push(`WRONG: ${what}`);
  return parts.join('\n\n');
}

/** How many goals there are, how many are met, and those that are not. */
export function goalSummary(reports: readonly CaseReport[]): string {
  const judged = reports.flatMap(({ name, findings }) =>
    findings.filter(({ goal }) => goal !== undefined).map((one) => ({ name, ...one })),
  );
  const missed = judged.filter(({ isMet }) => isMet !== true);
  const lines = missed.map(
    (one) => `  ${one.name}: ${one.figure}: ${shown(one.spread.median)} ${one.unit}, goal ${goalText(one)}`,
  );
  return [`${judged.length - missed.length} of ${judged.length} goals are met.`, ...lines].join('\n');
}

function subjectRow({ name, requests, bodyBytes, figures }: SubjectReport): string[] {
  const { serverMs, databaseMs, perSecond, p50Ms, p99Ms, residentGrowthMiB, loopP99Ms, loopLongestMs } = figures;
  const spreads = [serverMs, databaseMs, perSecond, p50Ms, p99Ms, residentGrowthMiB, loopP99Ms, loopLongestMs];
  return [name, String(requests), String(bodyBytes), ...spreads.map(({ median }) => shown(median))];
}

function findingRow(one: Finding): string[] {
  const { figure, unit, spread, isMet } = one;
  return [
    figure,
    `${shown(spread.median)} ${unit}`,
    range(spread),
    goalText(one),
    isMet === undefined ? '' : isMet ? 'met' : 'NOT MET',
  ];
}

function goalText({ goal }: Pick<Finding, 'goal'>): string {
  if (goal === undefined) return '';
  return `${goal.direction === 'at least' ? '≥' : '≤'} ${goal.limit}`;
}

function range({ min, max }: Spread): string {
  return `${shown(min)} … ${shown(max)}`;
}

/** Three digits that count. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(size >= 1 ? 2 : 3);
}

function markdownTable([head = [], ...rows]: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function textTable(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const padded = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(padded).join('  ').trimEnd()).join('\n');
}
