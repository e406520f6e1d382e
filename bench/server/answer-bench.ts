import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Question, ServerMessage, Usage } from './control-messages.js';
import type { StatementRecorder } from './statement-recorder.js';

/** Milliseconds between two looks at the event loop; more often would itself cost what a small request does. */
const RESOLUTION_MS = 5;
const NS_PER_MS = 1e6;

/** What a server has to tell, where it has any of it. */
export interface Told {
  readonly recorder?: StatementRecorder;
  /** The messages that were acknowledged so far. */
  readonly acknowledged?: () => number;
}

/** Answers the bench over the channel to its process, so that measuring costs no request. */
export function answerBench({ recorder, acknowledged = () => 0 }: Told): void {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  loop.enable();
  const usage = (): Usage => {
    const { user, system } = process.cpuUsage();
    return {
      processorMs: (user + system) / 1000,
      loopP99Ms: Math.max(0, loop.percentile(99) / NS_PER_MS - RESOLUTION_MS),
      // From one look to the next: the block, and up to RESOLUTION_MS before it.
      loopLongestMs: loop.max / NS_PER_MS,
      acknowledged: acknowledged(),
    };
  };
  process.on('message', ({ ask }: Question) => {
    if (ask === 'settle') {
      // What an earlier measurement left behind is not the next one's to clear away.
      globalThis.gc?.();
    }
    if (ask === 'begin') loop.reset();
    if (ask === 'record') recorder?.start();
    const statements = (ask === 'recorded' ? recorder?.stop() : undefined) ?? [];
    const reply = { is: 'answer', usage: usage(), statements } satisfies ServerMessage;
    process.send?.(reply);
  });
}
