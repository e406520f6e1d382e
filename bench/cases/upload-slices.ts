import { post } from '../client/request-bytes.js';
import type { WorkerKey } from '../client/session.js';
import { type Content, resultsBody } from '../data/data-set.js';
import { measuredLoad, type Subject } from '../measure.js';
import type { Scene, Stage } from '../scene.js';

/** A subject that takes in the same results again and again, each time for a simulation that has none yet. */
export function uploader(
  scene: Scene,
  stage: Stage,
  name: string,
  upload: {
    readonly path: string;
    readonly content: Content;
    readonly uploads: number;
    readonly onWorker?: (worker: WorkerKey) => void;
  },
): Subject {
  const slice = async () => {
    const requests: (string | Buffer)[][] = [];
    for (let number = 0; number < upload.uploads; number++) {
      const worker = await stage.session.submit();
      upload.onWorker?.(worker);
      requests.push(post(upload.path, resultsBody(worker, upload.content)));
    }
    return measuredLoad(await scene.processFor(stage, name), scene.world.postmaster, {
      ...{ connections: 1, seconds: 0, leastRequests: requests.length, status: 202 },
      request: (number) => requests[number] ?? [],
    });
  };
  return { name, slice };
}
