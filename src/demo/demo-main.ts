import { setTimeout as sleep } from 'node:timers/promises';
import { DemoError } from './demo-error.js';
import { findLogin } from './demo-login.js';
import { type DemoOptions, HELP, readOptions } from './demo-options.js';
import { asDemoError, DemoSender } from './demo-sender.js';
import { type DemoLogin, DemoSession, endpoint, type WorkerIdentity } from './demo-session.js';
import { demoSubmission } from './demo-submission.js';
import { type DemoProgress, playDemo } from './demo-worker.js';
import { ProgressLine } from './progress-line.js';

/** The program behind `npm run demo`; returns the exit code. */
async function main(args: string[]): Promise<number> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  try {
    const options = readOptions(args);
    if (options.help) print(HELP.trimEnd());
    else await runDemo(options, interrupted.signal);
    return 0;
  } catch (error) {
    if (interrupted.signal.aborted) return 130;
    if (!(error instanceof DemoError)) throw error;
    process.stderr.write(`demo: ${error.message}\n`);
    return error.exitCode;
  }
}

async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<void> {
  const login = await findLogin(options);
  const session = await DemoSession.open(login, signal);
  const submission = demoSubmission({ ntasks: options.plan.tasks, primaries: options.plan.primaries });
  const identity = await session.submit(submission, signal);
  const jobId = identity.simulationId;
  print(`Submitted "${submission.title}" to ${login.url.href} as ${login.username}`);
  print(`Job ${jobId}, seed ${options.plan.seed}`);

  const line = new ProgressLine(process.stdout);
  const sender = await openSender(login, identity, signal);
  try {
    const end = await playDemo({
      plan: options.plan,
      sender: sender.worker,
      seconds: options.seconds,
      pace: paceOf(options.seconds, signal),
      now: () => new Date(),
      onProgress: (progress) => line.show(progress),
    });
    line.end();
    await sender.finish();
    await printOutcome(login, jobId, end, signal);
  } catch (error) {
    line.end();
    if (signal.aborted) await cancel(session, jobId);
    throw asDemoError(error);
  } finally {
    await sender.close();
  }
}

/** Over RabbitMQ where there is one, else over HTTP; said on the terminal. */
async function openSender(login: DemoLogin, identity: WorkerIdentity, signal: AbortSignal): Promise<DemoSender> {
  const { amqp } = login;
  print(amqp ? `Its workers publish to RabbitMQ at ${new URL(amqp.url).host}.` : 'Its workers send over HTTP.');
  return DemoSender.open(login, identity, signal, (reason) => {
    process.stderr.write(`\ndemo: RabbitMQ takes no messages (${reason}); sending over HTTP.\n`);
  });
}

function paceOf(seconds: number, signal: AbortSignal): (moment: number) => Promise<void> {
  const start = performance.now();
  return async (moment) => {
    const wait = start + moment * seconds * 1000 - performance.now();
    if (wait > 0) await sleep(wait, undefined, { signal });
    signal.throwIfAborted();
  };
}

/** A new login, because after a long show the token of the first one is about to expire or has expired. */
async function printOutcome(login: DemoLogin, jobId: string, end: DemoProgress, signal: AbortSignal): Promise<void> {
  const session = await DemoSession.open(login, signal);
  const { token } = session;
  const finished = end.stored === 'final results';
  if (finished) await session.untilCompleted(jobId, signal);
  const url = endpoint(login.url, finished ? 'results' : 'logfiles');
  url.searchParams.set('job_id', jobId);
  if (finished) url.searchParams.set('estimator_name', 'entrance_');
  print(
    finished ? `Job ${jobId} has its final results.` : `Every task of job ${jobId} failed, so it has no final results.`,
  );
  const failed = end.tasks.filter((task) => task.state === 'FAILED').map((task) => task.taskId);
  if (failed.length > 0)
    print(`Failed as requested: task ${failed.join(', ')}; see task_${failed[0]}/stderr in its logs.`);
  print(`Paste this to read ${finished ? 'some of them' : 'why'} (the token in it is good for 10 minutes):\n`);
  print(`curl -s --compressed -H 'Authorization: Bearer ${token}' '${url.href.replaceAll("'", '%27')}'`);
}

/** After Ctrl-C: best effort, because the server may be what the user is stopping too. */
async function cancel(session: DemoSession, jobId: string): Promise<void> {
  try {
    await session.cancel(jobId, AbortSignal.timeout(5000));
    print(`Interrupted; the server was asked to cancel job ${jobId}.`);
  } catch {
    print(`Interrupted; job ${jobId} stays unfinished, for the server did not take its cancellation.`);
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main(process.argv.slice(2));
