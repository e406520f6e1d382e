import { findPika } from '../../support/pika.js';
import { PythonWorker } from '../../support/python-worker.js';
import { environmentOf, flushed, LineProcess } from './line-process.js';
import { type UploadClient, WAIT_SECONDS } from './upload-client.js';

/** clients/python/tallyhouse_worker.py; undefined where no Python has pika, which is said. */
export function pythonUploadClient(): UploadClient | undefined {
  const python = findPika();
  if (python === undefined) return undefined;
  return {
    name: 'Python',
    start: (settings) => new LineProcess(new PythonWorker(python, ['-c', PROGRAM], environmentOf(settings))),
    flush: async (settings) => {
      const args = ['-m', 'tallyhouse_worker', 'flush', '--patience', '30'];
      return flushed(new PythonWorker(python, args, environmentOf(settings)));
    },
  };
}

/** Sends a write a line of input, and prints how many messages of it are in the spool folder. */
const PROGRAM = `
import json, sys
from tallyhouse_worker import Worker

waits = dict.fromkeys(["connect_timeout", "stall_timeout", "answer_timeout", "confirm_timeout"], ${WAIT_SECONDS})
with Worker(**waits) as worker:
    for line in sys.stdin:
        path, content = json.loads(line)
        if path == "/results":
            receipt = worker.results(**content)
        elif path == "/logfiles":
            receipt = worker.logfiles(content["logfiles"], content["task_id"])
        else:
            receipt = worker.task(content["task_id"], **content["update_dict"])
        print(receipt.spooled, flush=True)
`;
