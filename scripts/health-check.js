// The health check of the container image, which has no curl: `node scripts/health-check.js live|ready` exits with 0
// where the service beside it answers 200.
const path = process.argv[2] === 'ready' ? 'ready' : 'live';
const port = process.env.PORT ?? '3000';
try {
  const answer = await fetch(`http://127.0.0.1:${port}/health/${path}`, { signal: AbortSignal.timeout(4_000) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}
