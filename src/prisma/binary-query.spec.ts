import { PassThrough } from 'node:stream';
import type pg from 'pg';
import { BufferPool } from '../json/buffer-pool.js';
import { binaryRows } from './binary-query.js';

/** A client whose database sends what is written to `stream`. */
function clientOf(stream: PassThrough): pg.ClientBase {
  const ignored = () => undefined;
  const connection = { stream, parsedStatements: {}, parse: ignored, bind: ignored, execute: ignored, sync: ignored };
  stream.on('data', ignored);
  const query = (statement: pg.Submittable & { handleError(error: Error): void }) => {
    stream.once('error', (error) => statement.handleError(error));
    statement.submit(connection as unknown as pg.Connection);
  };
  return { query } as unknown as pg.ClientBase;
}

test.each([
  ['a notice without its beginning', Buffer.from('SNOTICE\0C00000\0Mbetween two statements\0\0')],
  ['the middle of a text', Buffer.from('xt, and more of it\0')],
  ['a length that counts less than itself', Buffer.from([0x53, 0xff, 0xff, 0xff, 0xff, 0, 0, 0])],
  ['a row of a length below nothing', Buffer.from([0x44, 0x80, 0, 0, 0, 0, 0, 0])],
])('%s breaks the connection instead of being waited for', async (_, sent) => {
  const stream = new PassThrough();
  const rows = binaryRows(clientOf(stream), { name: 'any', text: 'SELECT 1' }, new BufferPool(1024), 0);
  stream.push(sent);
  await expect(rows).rejects.toThrow('what the database sends is no message');
  expect(stream.destroyed).toBe(true);
});
