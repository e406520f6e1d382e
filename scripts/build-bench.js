// Builds service and bench together into dist/bench, with the migrations where the build looks for them.
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';

const OUT = 'dist/bench';
const swc = [
  'node_modules/@swc/cli/bin/swc.js',
  'src',
  'bench',
  '--config-file',
  '.swcrc',
  '--out-dir',
  OUT,
  '--quiet',
];
const { status } = spawnSync(process.execPath, swc, { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
cpSync('prisma/migrations', `${OUT}/prisma/migrations`, { recursive: true });
