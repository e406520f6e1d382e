import { spawn } from 'node:child_process';
import { once } from 'node:events';

const PROGRAM = `
  const { createLogger } = await import('./dist/logging/json-logger.js');
  const logger = createLogger('info');
  process.on('SIGTERM', () => { logger.info('last'); process.exit(0); });
  setInterval(() => undefined, 1000);
  logger.info('first');
`;

function start() {
  return spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('the last lines before the end are written', async () => {
  const child = start();
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written += text));
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toStrictEqual([0, null]);
  expect(written.match(/first|last/g)).toStrictEqual(['first', 'last']);
});

test('a process whose output nobody reads any more ends when it is told to', async () => {
  const child = start();
  await once(child.stdout, 'data');
  child.stdout.destroy();
  child.kill('SIGTERM');
  const ended = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), 4_000);
  expect(await ended).toStrictEqual([0, null]);
  clearTimeout(late);
});
