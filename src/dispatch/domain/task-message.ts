import { firstTaskId, type Platform } from './platform.js';

/** What the messages of one simulation have in common. */
export interface RequestedSimulation {
  readonly jobId: string;
  readonly simId: number;
  readonly ntasks: number;
  readonly updateKey: string;
  readonly title: string;
  readonly simType: string;
  readonly inputType: 'editor' | 'files';
  readonly platform: Platform;
  /** A JSON object as sent. */
  readonly batchOptions: string | null;
}

/** A message as it is published. */
export interface TaskMessage {
  /** The same whenever the same message is published again, so that receivers can tell. */
  readonly id: string;
  readonly content: Buffer;
}

/**
 * The message that asks for one task.
 *
 * @param index of the task within its simulation, from 0; its number depends on the platform
 * @param input JSON text as it is stored; it stands in the message unchanged, as the last member
 */
export function requestedMessage(simulation: RequestedSimulation, index: number, input: Buffer): TaskMessage {
  const { jobId, simId, ntasks, updateKey, title, simType, inputType, platform, batchOptions } = simulation;
  const taskId = firstTaskId(platform) + index;
  const small = JSON.stringify({
    job_id: jobId,
    sim_id: simId,
    task_id: taskId,
    ntasks,
    update_key: updateKey,
    title,
    sim_type: simType,
    input_type: inputType,
    platform,
  });
  const options = batchOptions === null ? '' : `,"batch_options":${batchOptions}`;
  const head = Buffer.from(`${small.slice(0, -1)}${options},"input":`);
  return { id: `${jobId}/${taskId}`, content: Buffer.concat([head, input, Buffer.from('}')]) };
}

/** The message that tells that nobody wants a simulation any more. */
export function canceledMessage(jobId: string, simId: number): TaskMessage {
  return { id: `${jobId}/canceled`, content: Buffer.from(JSON.stringify({ job_id: jobId, sim_id: simId })) };
}

const LARGEST_SIM_ID = 2_147_483_647;

/** Bytes of the largest message of a simulation that has no number yet. */
export function largestMessageBytes(simulation: Omit<RequestedSimulation, 'simId'>, inputBytes: number): number {
  const last = { ...simulation, simId: LARGEST_SIM_ID };
  return requestedMessage(last, simulation.ntasks - 1, Buffer.alloc(0)).content.length + inputBytes;
}
