import { MOST_DIGITS, putBytes, putTime, putWhole, TIME_BYTES } from '../json/put-text.js';
import type { BinaryRows } from '../prisma/binary-rows.js';
import { type FoundTasks, NUMBERS, STATE, TASK_ID, TIMES } from './find-tasks.js';

const NULL = Buffer.from('null');
const TO_ID = Buffer.from('{"task_id":');
const TO_STATE = Buffer.from(',"task_state":"');
/** The first one ends the string before it. */
const TO_NUMBERS = ['","requested_primaries":', ',"simulated_primaries":', ',"estimated_time":'].map((text) =>
  Buffer.from(text),
);
const TO_TIMES = [',"start_time":', ',"end_time":', ',"last_update_time":'].map((text) => Buffer.from(text));
const TASK_END = Buffer.from('}');
const COMMA = Buffer.from(',');
const END = Buffer.from(']}');

const LONGEST_STATE = 16;
const TASK_BYTES =
  [COMMA, TO_ID, TO_STATE, ...TO_NUMBERS, ...TO_TIMES, TASK_END, END].reduce((sum, { length }) => sum + length, 0) +
  (1 + NUMBERS.length) * MOST_DIGITS +
  LONGEST_STATE +
  TIMES.length * TIME_BYTES;
/** What a hundred tasks take, and some more. */
const USUAL_BYTES = 32 * 1024;

/**
 * The JSON text of `TasksAnswer`, written out of the rows into the bytes that are sent: nothing in it needs escapes, and to make
 * objects and strings of it first takes longer.
 */
export function tasksText({ jobState, rows }: FoundTasks): Buffer {
  let out: Buffer = Buffer.allocUnsafe(USUAL_BYTES);
  let at = out.write(`{"message":"Tasks","job_state":"${jobState}","tasks":[`, 'latin1');
  let isFirst = true;
  do {
    if (at + TASK_BYTES > out.length) out = Buffer.concat([out], out.length * 2);
    if (!isFirst) at = putBytes(out, at, COMMA);
    at = putTask(out, at, rows);
    isFirst = false;
  } while (rows.next());
  return out.subarray(0, putBytes(out, at, END));
}

function putTask(out: Buffer, start: number, rows: BinaryRows): number {
  let at = putWhole(out, putBytes(out, start, TO_ID), rows.int4(TASK_ID));
  at = putBytes(out, putBytes(out, at, TO_STATE), rows.bytes, rows.startOf(STATE), rows.endOf(STATE));
  for (let index = 0; index < NUMBERS.length; index++) {
    const field = NUMBERS[index] as number;
    at = putBytes(out, at, TO_NUMBERS[index] as Buffer);
    at = rows.isNull(field) ? putBytes(out, at, NULL) : putWhole(out, at, rows.int8(field));
  }
  for (let index = 0; index < TIMES.length; index++) {
    const field = TIMES[index] as number;
    at = putBytes(out, at, TO_TIMES[index] as Buffer);
    at = rows.isNull(field) ? putBytes(out, at, NULL) : putTime(out, at, rows.time(field));
  }
  return putBytes(out, at, TASK_END);
}
