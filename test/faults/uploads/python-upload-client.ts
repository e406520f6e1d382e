import { findPika } from '../../support/pika.js';
import { PythonWorker } from '../../support/python-worker.js';
import type { LogicalWrite } from '../logical-write.js';
import { type UploadClient, type UploadProcess, type UploadSettings, WAIT_SECONDS } from './upload-client.js';

/** clients/python/tallyhouse_worker.py; undefined where no Python has pika, which is said. */
export function pythonUploadClient(): UploadClient | undefined {
  const python = findPika();
  if (python === undefined) return undefined;
  return {
    name: 'Python',
    start: (settings) => new PythonUploadProcess(new PythonWorker(python, ['-c', PROGRAM], environment(settings))),
    flush: async (settings) => {
      const args = ['-m', 'tallyhouse_worker', 'flush', '--patience', '30'];
      const { code, output, complaints } = await new PythonWorker(python, args, environment(settings)).feed('').end;
      const isDone = code === 0 && output.endsWith(', set aside 0, still waiting 0');
      return isDone ? undefined : `exit code ${code}: ${output} ${complaints}`;
    },
  };
}

class PythonUploadProcess implements UploadProcess {
  private isKilled = false;

  constructor(private readonly worker: PythonWorker) {}

  async send({ path, content }: LogicalWrite): Promise<number | undefined> {
    this.worker.tell(JSON.stringify([path, content]));
    const line = await this.worker.nextLine();
    if (line !== undefined || this.isKilled) return line === undefined ? undefined : Number(line);
    const { code, complaints } = await this.worker.end;
    throw new Error(`the Python client ended with ${code}: ${complaints}`);
  }

  async kill(): Promise<void> {
    this.isKilled = true;
    this.worker.kill();
    await this.worker.end;
  }
}

function environment({ job, http, amqp, exchange, spool }: UploadSettings): Record<string, string> {
  return {
    SIMULATION_ID: job.job_id,
    UPDATE_KEY: job.update_key,
    EXCHANGE: exchange,
    TALLYHOUSE_SPOOL: spool,
    TALLYHOUSE_PATIENCE: '0',
    ...(http === undefined ? {} : { TALLYHOUSE_URL: http }),
    ...(amqp === undefined ? {} : { RABBITMQ_URL: amqp }),
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
