// The health check of the container image, which has no curl: `node scripts/health-check.js live|ready` exits with 0
// where the service beside it answers 200.
import { get } from 'node:http';

const path = process.argv[2] === 'ready' ? 'ready' : 'live';
const port = process.env.PORT || '3000';

const request = get({ host: '127.0.0.1', port, path: `/health/${path}`, timeout: 4_000 }, (answer) => {
  if (answer.statusCode === 200) process.exit(0);
  answer.setEncoding('utf8');
  answer.on('data', (text) => console.error(answer.statusCode, text));
  answer.on('end', () => process.exit(1));
});
request.on('timeout', () => request.destroy(new Error('no answer within 4 s')));
request.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
