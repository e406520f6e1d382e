import { DEMO_BEAM, DEMO_GEOMETRY } from './demo-detectors.js';
import type { TaskMoment } from './task-schedule.js';

/**
 * What the simulator of a task has written so far, by file name. The text grows with the task's progress; a failed task
 * ends with the simulator's own error in `stdout` and `stderr`.
 */
export function taskLog(task: TaskMoment, seed: number): Record<string, string> {
  const done = task.requested > 0 ? task.simulated / task.requested : 1;
  const steps = [0.25, 0.5, 0.75, 1].filter((step) => step <= done);
  const lines = [...header(task, seed), ...steps.map((step) => progressLine(step, task)), ...ending(task)];
  const stdout = lines.join('\n') + '\n';
  return task.state === 'FAILED' ? { stdout, stderr: FAILURE.join('\n') + '\n' } : { stdout };
}

const FAILURE = [
  'ERROR: geometry: no zone at (0.0412, -0.1187, 8.2250) cm, direction (0.0021, -0.0103, 0.9999)',
  'ERROR: more than 20 lost particles, giving up. Check the geometry for gaps between zones.',
];

function header(task: TaskMoment, seed: number): string[] {
  return [
    'Tallyhouse demo simulator: analytical proton beam model, not a particle transport code',
    `Task ${task.taskId}, random seed ${seed + task.taskId}`,
    `Beam: protons, ${DEMO_BEAM.energy} MeV, energy spread ${DEMO_BEAM.energySpread} MeV, spot ${DEMO_GEOMETRY.spot} cm`,
    `Geometry: water cylinder, radius ${DEMO_GEOMETRY.radius} cm, length ${DEMO_GEOMETRY.depth} cm`,
    `Primaries requested: ${task.requested}`,
  ];
}

function progressLine(step: number, task: TaskMoment): string {
  return `Primary particle ${Math.floor(task.requested * step)} of ${task.requested} (${step * 100} %)`;
}

function ending(task: TaskMoment): string[] {
  if (task.state === 'FAILED') return [...FAILURE, `Stopped after ${task.simulated} primaries, exit code 2`];
  return task.state === 'COMPLETED' ? ['Writing estimators', 'Run completed, exit code 0'] : [];
}
