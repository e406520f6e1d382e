import fc from 'fast-check';
import { type DemoPlan, mergedPrimaries, tasksAt } from './task-schedule.js';

const anyPlan = fc
  .record({ tasks: fc.integer({ min: 1, max: 50 }), primaries: fc.integer({ min: 50, max: 1e7 }), seed: fc.integer() })
  .map((plan): DemoPlan => ({ ...plan, failing: new Set<number>() }));

describe('the course of the demo', () => {
  it('asks for all primaries and has simulated all of them at the end', () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const end = tasksAt(plan, 1);
        expect(end.every((task) => task.state === 'COMPLETED' && task.simulated === task.requested)).toBe(true);
        expect(mergedPrimaries(end)).toBe(plan.primaries);
      }),
    );
  });

  it('never runs backwards', () => {
    const moment = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(anyPlan, moment, moment, (plan, one, other) => {
        const [before, after] = [tasksAt(plan, Math.min(one, other)), tasksAt(plan, Math.max(one, other))];
        before.forEach((task, index) => expect(task.simulated).toBeLessThanOrEqual(after[index]?.simulated ?? -1));
      }),
    );
  });

  it('leaves a failing task behind, whose primaries do not count', () => {
    const plan: DemoPlan = { tasks: 4, primaries: 4000, failing: new Set([2]), seed: 1 };
    const end = tasksAt(plan, 1);
    expect(end.map((task) => task.state)).toEqual(['COMPLETED', 'FAILED', 'COMPLETED', 'COMPLETED']);
    expect(end[1]?.simulated).toBe(400);
    expect(mergedPrimaries(end)).toBe(3000);
  });
});
