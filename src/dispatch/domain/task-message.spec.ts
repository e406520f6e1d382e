import { canceledMessage, largestMessageBytes, type RequestedSimulation, requestedMessage } from './task-message.js';

const SIMULATION: RequestedSimulation = {
  jobId: 'job-1',
  simId: 7,
  ntasks: 12,
  updateKey: 'k'.repeat(43),
  title: 'Wiązka "A"',
  simType: 'shieldhit',
  inputType: 'files',
  platform: 'BATCH',
  batchOptions: '{"cluster_name":"big"}',
};
const INPUT = Buffer.from('{"beam.dat":"JPART0 2","n":1.50}');

test('a message carries the stored input to the letter, and all that a worker needs to report', () => {
  const { id, content } = requestedMessage(SIMULATION, 2, INPUT);
  expect(id).toBe('job-1/3');
  expect(content.toString()).toContain(`"input":${INPUT.toString()}}`);
  expect(JSON.parse(content.toString())).toStrictEqual({
    job_id: 'job-1',
    sim_id: 7,
    task_id: 3,
    ntasks: 12,
    update_key: 'k'.repeat(43),
    title: 'Wiązka "A"',
    sim_type: 'shieldhit',
    input_type: 'files',
    platform: 'BATCH',
    batch_options: { cluster_name: 'big' },
    input: { 'beam.dat': 'JPART0 2', n: 1.5 },
  });
});

test('tasks are numbered from 0 where the platform runs them directly, and options are left out where there are none', () => {
  const { id, content } = requestedMessage({ ...SIMULATION, platform: 'DIRECT', batchOptions: null }, 0, INPUT);
  expect(id).toBe('job-1/0');
  expect(JSON.parse(content.toString())).toMatchObject({ task_id: 0, platform: 'DIRECT' });
  expect(JSON.parse(content.toString())).not.toHaveProperty('batch_options');
});

test('no message is larger than what was reckoned before the simulation had a number', () => {
  const last = requestedMessage({ ...SIMULATION, simId: 2_147_483_647 }, 11, INPUT);
  expect(largestMessageBytes(SIMULATION, INPUT.length)).toBe(last.content.length);
});

test('a cancellation names the simulation in both ways', () => {
  expect(JSON.parse(canceledMessage('job-1', 7).content.toString())).toStrictEqual({ job_id: 'job-1', sim_id: 7 });
});
