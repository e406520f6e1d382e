import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { superviseProcess, type SupervisedProcess } from './supervised-process.js';

describe('a supervised process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallyhouse-supervised-'));
  const path = join(folder, 'output');
  const output = openSync(path, 'a');
  afterAll(() => {
    closeSync(output);
    rmSync(folder, { recursive: true });
  });

  function supervise(script: string): SupervisedProcess {
    const env = { PATH: '/usr/bin:/bin', GREETING: 'hello' };
    const ending = [{ signal: 'TERM', seconds: 1 }] as const;
    return superviseProcess({ command: 'sh', args: ['-c', script], env, output, ending });
  }

  it('that ends by itself tells its exit code and has written to the output', async () => {
    const end = await supervise('echo "$GREETING"; exit 7').exited;
    expect(end).toEqual({ code: 7, description: 'exited with code 7' });
    expect(readFileSync(path, 'utf8')).toContain('hello\n');
  });

  it('that dies of a signal says so', async () => {
    expect(await supervise('kill -s KILL $$').exited).toEqual({ code: 137, description: 'was ended by signal 9' });
  });

  it('that cannot be found ends with code 127', async () => {
    const env = { PATH: '/nowhere' };
    const end = await superviseProcess({ command: 'no-such-program', args: [], env, output, ending: [] }).exited;
    expect(end.code).toBe(127);
  });

  it('is ended by stop(), with the signal it was to be ended with', async () => {
    const child = supervise('trap "exit 3" TERM; while :; do sleep 0.1; done');
    await child.stop();
    expect((await child.exited).code).toBeGreaterThan(0);
    await child.stop();
  });

  it('that ignores its signal is killed when its time is over', async () => {
    const child = supervise('trap "" TERM; while :; do sleep 0.1; done');
    await child.stop();
    expect((await child.exited).code).toBeGreaterThan(0);
  });
});
