import { ReadersFirst } from './readers-first.js';

const ONE = {};
const OTHER = {};

/** Reads for which time stands still, unless it is set. */
class StillReaders extends ReadersFirst {
  time = 0;

  constructor() {
    super(() => this.time);
  }
}

test('where nobody reads, work goes on', async () => {
  const readers = new StillReaders();
  await readers.giveWay();
  readers.began(ONE);
  readers.ended(ONE);
  await readers.giveWay();
});

test('all work rests until the last read is answered', async () => {
  const readers = new StillReaders();
  const events: string[] = [];
  readers.began(ONE);
  readers.began(OTHER);
  const work = ['scan', 'another scan'].map((name) => readers.giveWay().then(() => events.push(name)));
  readers.ended(ONE);
  await Promise.resolve();
  events.push('the last one is answered');
  readers.ended(OTHER);
  await Promise.all(work);
  expect(events).toStrictEqual(['the last one is answered', 'scan', 'another scan']);
});

test('where reads never cease, work goes on after a while', async () => {
  const readers = new StillReaders();
  readers.began(ONE);
  await readers.giveWay();
});

test('a read that takes long, or whose end is never told, is waited for no more', async () => {
  const readers = new StillReaders();
  readers.began(ONE);
  readers.time = 11;
  let goesOn = false;
  void readers.giveWay().then(() => (goesOn = true));
  await Promise.resolve();
  await Promise.resolve();
  expect(goesOn).toBe(true);
});
