import { TypeScriptWorker } from '../../support/typescript-worker.js';
import { environmentOf, flushed, LineProcess } from './line-process.js';
import { type UploadClient, WAIT_SECONDS } from './upload-client.js';

/** src/worker-client, as it is built. */
export const typescriptUploadClient: UploadClient = {
  name: 'TypeScript',
  start: (settings) => new LineProcess(TypeScriptWorker.program(PROGRAM, environmentOf(settings))),
  flush: async (settings) => flushed(TypeScriptWorker.command(['flush', '--patience', '30'], environmentOf(settings))),
};

/** Sends a write a line of input, and prints how many messages of it are in the spool folder. */
const PROGRAM = `
const waits = Object.fromEntries(
  ['connectTimeout', 'stallTimeout', 'answerTimeout', 'confirmTimeout'].map((name) => [name, ${WAIT_SECONDS}]),
);
const worker = new Worker({ ...waits, onNotice: () => undefined });
for await (const line of createInterface({ input: process.stdin })) {
  const [path, content] = JSON.parse(line);
  const send = {
    '/results': () => worker.results(content.estimators, {
      partial: content.partial, revision: content.revision, pagesTotal: content.pages_total,
    }),
    '/logfiles': () => worker.logfiles(content.logfiles, content.task_id),
    '/tasks': () => worker.task(content.task_id, content.update_dict),
  }[path];
  console.log((await send()).spooled);
}
await worker.close();
`;
