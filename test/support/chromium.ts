import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const CHROMIUM = '/usr/bin/chromium';
/** Without the last ones it asks hosts that a closed network does not have. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const COMMAND = 'apt-get install chromium';

/**
 * Debian's chromium, for tests of what a person sees. Where it is missing, root on Debian gets it installed; anybody else
 * is told how to, and the tests of the browser are left out.
 */
export function findChromium(): string | undefined {
  if (existsSync(CHROMIUM)) return CHROMIUM;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write(`chromium is missing, installing it: ${COMMAND}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env, stdio: 'ignore' });
    if (existsSync(CHROMIUM)) return CHROMIUM;
  }
  process.stderr.write(`chromium is missing, so what browsers see is NOT tested; to test it: ${COMMAND}\n`);
  return undefined;
}
