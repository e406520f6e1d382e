import { measuredLoad, type Subject } from '../measure.js';
import type { Scene, Stage } from '../scene.js';
import { get, type RequestOptions } from './request-bytes.js';

interface Reading extends RequestOptions {
  readonly path: string;
  readonly connections: number;
  readonly status?: number;
  /** Between two requests of a connection; none if left out. */
  readonly pauseMs?: number;
  readonly isAwake?: boolean;
}

/** A subject that is read with GET, over and over. */
export function reader(scene: Scene, stage: Stage, name: string, reading: Reading): Subject {
  const { path, connections, status = 200, pauseMs, isAwake = false, ...options } = reading;
  const slice = async () => {
    const server = await scene.processFor(stage, name);
    const request = get(path, { ...options, token: await stage.session.token() });
    const { seconds, leastRequests } = scene.scale;
    return measuredLoad(server, scene.world.postmaster, {
      ...{ connections, seconds, status, leastRequests: Math.max(leastRequests, connections) },
      request: () => request,
      isAwake,
      ...(pauseMs === undefined ? {} : { pauseMs }),
    });
  };
  return { name, slice };
}
