import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';

const WRITES_PER_CLOSE = 300;
const NOTICED_MS = 20_000;
/** Those on which the service consumes its four queues. */
const CHANNELS = [1, 2, 3, 4];

export const channelClosed: FaultRow = {
  number: 5,
  title: 'the broker closes only the channel',
  short: 4,
  full: 50,
  goals: { 'consuming ms': 2_000 },
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest }, async (scene) => {
      const { world, ledger, instance } = scene;
      await scene.untilReady('the start');
      const loading = scene.load(WRITES_PER_CLOSE * (repetitions + 1), 16, { doors: ['amqp'] });
      for (let close = 0; close < repetitions; close++) {
        await ledger.until(WRITES_PER_CLOSE * close + random.integer(10, WRITES_PER_CLOSE));
        const before = closures(instance.output());
        world.brokerNetwork.inject('up', acknowledgementOfNothing(random.pick(CHANNELS)), 'tallyhouse consuming');
        const since = performance.now();
        while (closures(instance.output()) === before && performance.now() - since < NOTICED_MS) await delay(10);
        if (closures(instance.output()) === before) scene.fail('a channel that the broker closed was not noticed');
        scene.longest('consuming ms', await scene.untilReady('a close of a channel'));
      }
      await loading;
    }),
};

function closures(output: string): number {
  return output.split('channel closed').length;
}

/**
 * The frame of a basic.ack (AMQP 0-9-1, section 1.8.3.13) whose delivery tag the broker never gave: it closes the channel, and
 * the channel alone.
 */
function acknowledgementOfNothing(channel: number): Buffer {
  const frame = Buffer.alloc(21);
  frame.writeUInt8(1, 0);
  frame.writeUInt16BE(channel, 1);
  frame.writeUInt32BE(13, 3);
  frame.writeUInt16BE(60, 7);
  frame.writeUInt16BE(80, 9);
  frame.writeBigUInt64BE(4_711_000_000n, 11);
  frame.writeUInt8(0xce, 20);
  return frame;
}
