import { createHash } from 'node:crypto';
import { invalid } from '../../errors/app-error.js';
import { countCharacters } from '../../validation/characters.js';
import { binsOf } from '../domain/bins.js';
import { readMembers, wellFormed } from './members.js';
import type { NumberList } from './number-list.js';
import { type AxisFrame, type DataFrame, MAX_AXES, type PageFrame } from './page-reader.js';
import type { ParsedPage } from './parsed-results.js';

type PageText = Omit<ParsedPage, 'bins' | 'digest' | 'payload'>;

const MAX_PAGE_NUMBER = 2_147_483_647;

/**
 * Tells a page's shape by its own keys and checks it whole: `page_number` at the top, an integer, makes it the
 * reference's; inside `metadata`, an integer or decimal string, the workers'. Throws `invalid` with the path.
 */
export function parsePage(page: PageFrame): ParsedPage {
  const top = parsed(page.members.text('page_number'));
  if (Number.isInteger(top)) return referencePage(page, top as number);
  const metadata = page.members.text('metadata');
  const inside = metadata === undefined ? {} : readMembers(metadata, page.members.at('metadata'), METADATA_MEMBERS);
  if (inside['page_number'] !== undefined) return workerPage(page, inside);
  throw invalid(page.members.at('page_number'), top === undefined ? 'is required' : PAGE_NUMBER_RULE);
}

const METADATA_MEMBERS = ['page_number', 'name', 'unit'];
const PAGE_NUMBER_RULE = `must be an integer from 0 to ${MAX_PAGE_NUMBER}`;

function referencePage(page: PageFrame, pageNumber: number): ParsedPage {
  requirePageNumber(pageNumber, page.members.at('page_number'));
  const data = requireData(page);
  const { dimensions } = data;
  if (dimensions === undefined) {
    throw invalid(
      data.members.at('dimensions'),
      data.members.has('dimensions') ? 'must be a list of axes' : 'is required',
    );
  }
  if (dimensions.elements.length > MAX_AXES) throw invalid(dimensions.path, `must have at most ${MAX_AXES} axes`);
  const axes = dimensions.elements.map((element, index) => {
    if (typeof element === 'string') throw invalid(`${dimensions.path}[${index}]`, 'must be a list of numbers');
    return element;
  });
  for (const [number, axis] of page.axes) page.members.keep(`axis_dim${number}`, axis.text());
  data.members.string('unit');
  const text: PageText = {
    shape: 'reference',
    pageNumber,
    name: page.members.nameText('name') ?? '',
    unit: jsonString(data.members.text('unit')) ?? '""',
    metadata: page.members.text('metadata'),
    dataMembers: data.members.kept(['name']),
    axisMembers: [],
    otherMembers: page.members.kept(['dimensions', ...unreadAxes(page)]),
  };
  return whole(page, text, axes);
}

function workerPage(page: PageFrame, metadata: Record<string, unknown>): ParsedPage {
  const pageNumber = pageNumberInMetadata(metadata['page_number'], `${page.members.at('metadata')}.page_number`);
  const data = requireData(page);
  const axes = consecutiveAxes(page);
  if (data.dimensions !== undefined) data.members.keep('dimensions', data.dimensions.text());
  for (const [number, axis] of page.axes) if (number > axes.length) page.members.keep(`axis_dim${number}`, axis.text());
  data.members.string('unit');
  const unit = jsonString(data.members.text('unit')) ?? stringOf(metadata['unit'], 'unit', page);
  const text: PageText = {
    shape: 'worker',
    pageNumber,
    name: data.members.nameText('name') ?? (JSON.parse(stringOf(metadata['name'], 'name', page)) as string),
    unit,
    metadata: page.members.text('metadata'),
    dataMembers: data.members.kept(['name', 'unit', 'dimensions']),
    axisMembers: axes.map((axis) => axis.members.kept(['name', 'unit'])),
    otherMembers: page.members.kept(['page_number', 'name', ...unreadAxes(page)]),
  };
  return whole(page, text, axes.map(axisValues));
}

/** The checks that both shapes share: number of values against the axes; then the digest. */
function whole(page: PageFrame, text: PageText, axes: readonly NumberList[]): ParsedPage {
  const { values } = requireData(page);
  if (values === undefined) throw invalid(`${page.path}.data.values`, 'is required');
  const entries = axes.map((axis) => axis.count);
  const bins = binsOf(entries, values.count);
  if (bins === undefined) {
    const rule =
      entries.length === 0 ? 'a page without axes has 1' : `axes of ${entries.join(' × ')} entries don't fit that`;
    throw invalid(`${page.path}.data.values`, `has ${values.count} values; ${rule}`);
  }
  const lists = [values, ...axes];
  const hash = createHash('sha256').update(JSON.stringify([text, bins]));
  for (const list of lists) hash.update(list.digest());
  return { ...text, bins, digest: hash.digest(), payload: { parts: lists.map((list) => list.streams) } };
}

function consecutiveAxes(page: PageFrame): AxisFrame[] {
  const axes: AxisFrame[] = [];
  for (let axis = page.axes.get(1); axis !== undefined; axis = page.axes.get(axes.length + 1)) axes.push(axis);
  const path = page.members.at('dimensions');
  const dimensions = parsed(page.members.text('dimensions')) as number | undefined;
  if (dimensions === undefined) throw invalid(path, 'is required');
  if (!Number.isInteger(dimensions) || dimensions < 0 || dimensions > MAX_AXES) {
    throw invalid(path, `must be an integer from 0 to ${MAX_AXES}`);
  }
  if (dimensions !== axes.length) {
    throw invalid(path, `is ${dimensions}, but the page has ${axes.length} consecutive axes (axis_dim1 …)`);
  }
  return axes;
}

function axisValues(axis: AxisFrame): NumberList {
  axis.members.nameText('name');
  axis.members.string('unit');
  if (axis.values !== undefined) return axis.values;
  throw invalid(axis.members.at('values'), axis.members.has('values') ? 'must be a list of numbers' : 'is required');
}

function requireData(page: PageFrame): DataFrame {
  if (page.data === undefined) throw invalid(page.members.at('data'), 'is required');
  return page.data;
}

/** Members named like an axis that are no object. */
function unreadAxes(page: PageFrame): string[] {
  return [1, 2, 3].map((number) => `axis_dim${number}`).filter((name) => page.members.text(name) !== undefined);
}

function requirePageNumber(pageNumber: number, path: string): void {
  if (pageNumber < 0 || pageNumber > MAX_PAGE_NUMBER) throw invalid(path, PAGE_NUMBER_RULE);
}

function pageNumberInMetadata(value: unknown, path: string): number {
  const decimal = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  if (!Number.isInteger(decimal)) throw invalid(path, PAGE_NUMBER_RULE);
  requirePageNumber(decimal as number, path);
  return decimal as number;
}

/** A name or unit out of the metadata as JSON text: free-form there, so that anything but a text counts as empty. */
function stringOf(value: unknown, member: string, page: PageFrame): string {
  if (typeof value !== 'string') return '""';
  const path = `${page.members.at('metadata')}.${member}`;
  if (countCharacters(value) > 1_024) throw invalid(path, 'must have at most 1024 characters');
  if (member === 'name' && value.includes('\0')) throw invalid(path, 'must not contain U+0000');
  return JSON.stringify(value);
}

function jsonString(text: string | undefined): string | undefined {
  return text === undefined || text === 'null' ? undefined : wellFormed(text);
}

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}
