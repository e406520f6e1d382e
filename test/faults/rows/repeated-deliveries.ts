import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';
import type { LogicalWrite } from '../logical-write.js';
import type { Sender } from '../sender.js';

/** Of each write, 1 to 5: three on average. */
const MOST = 5;

export const repeatedDeliveries: FaultRow = {
  number: 6,
  title: 'every message 1 to 5 times, over AMQP and HTTP, to two instances',
  short: 600,
  full: 100_000,
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest, instances: 2 }, async (scene) => {
      const { http, amqp } = scene.senders;
      let deliveries = 0;
      const repeat = (write: LogicalWrite, giveUp: AbortSignal) => {
        const doors = Array.from({ length: random.integer(1, MOST) }, () => random.pick([http, amqp]));
        deliveries += doors.length;
        return Promise.all(doors.map((door) => door.send(write, giveUp))).then((sent) => sent.every(Boolean));
      };
      const repeating: Sender = { send: repeat, close: () => Promise.resolve() };
      await scene.load(Math.ceil(repetitions / 3), 16, { senders: { http: repeating, amqp: repeating } });
      scene.figures['deliveries'] = deliveries;
    }),
};
