import { HELP, readOptions } from './demo-options.js';

describe('readOptions', () => {
  it('plays 8 tasks for 20 seconds where nothing is said', () => {
    expect(readOptions([])).toMatchObject({ help: false, dataDir: '.data', seconds: 20, plan: { tasks: 8 } });
  });

  it('lets named tasks fail, or all', () => {
    const failing = (...args: string[]): number[] => [...readOptions(['--tasks', '3', ...args]).plan.failing];
    expect(failing('--fail-task', '3', '--fail-task', '1')).toEqual([3, 1]);
    expect(failing('--fail-task', 'all')).toEqual([1, 2, 3]);
    expect(failing()).toEqual([]);
  });

  it.each([
    [['--tasks', '0'], '--tasks must be a number from 1 to 200'],
    [['--tasks', '2.5'], '--tasks must be a whole number'],
    [['--tasks', '8', '--fail-task', '9'], '--fail-task must be a number from 1 to 8'],
    [['--primaries', 'many'], '--primaries must be a number'],
    [['--seconds', ''], '--seconds must be a number'],
    [['--url', 'ftp://example.org'], '--url must be like'],
    [['--url', 'http://a:b@example.org'], '--url must be like'],
    [['--amqp', 'http://broker'], '--amqp must be off or like'],
    [['--username', 'me'], '--username and --password go together'],
    [['--fast'], "'--fast'"],
  ])('refuses %j by name', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });

  it('knows every option of the help text', () => {
    const named = new Set(HELP.match(/^ {2}--[a-z-]+/gm)?.map((option) => option.trim()));
    for (const option of named) {
      const args = option === '--help' ? [option] : [`${option}=\u0001`];
      try {
        readOptions(args);
      } catch (error) {
        expect((error as Error).message).not.toContain('Unknown option');
      }
    }
    expect(named.size).toBe(11);
  });
});
