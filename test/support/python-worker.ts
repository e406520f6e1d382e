import { resolve } from 'node:path';
import { WorkerProcess } from './worker-process.js';

/** The folder of clients/python/tallyhouse_worker.py. */
const PYTHON_CLIENT = resolve('clients/python');

/** Makes `import pika` fail, as where it is not installed. */
export const WITHOUT_PIKA = 'import sys; sys.modules["pika"] = None\n';

/** A Python process that can import the worker client. */
export class PythonWorker extends WorkerProcess {
  constructor(python: string, args: readonly string[], variables: Readonly<Record<string, string>>) {
    super(python, ['-B', ...args], variables, PYTHON_CLIENT);
  }
}
