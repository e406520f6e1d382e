import { DeliveryWindow } from './delivery-window.js';

const LIMITS = { messages: 128, bytes: 64_000_000 };

test('small messages widen the window to its limit', () => {
  const window = new DeliveryWindow(LIMITS);
  for (let round = 0; round < 10; round++) {
    const { size } = window;
    for (let message = 0; message < size; message++) expect(window.admits(300)).toBe(true);
    for (let message = 0; message < size; message++) window.settled(300);
  }
  expect(window.size).toBe(128);
});

test('messages that come one by one do not widen it', () => {
  const window = new DeliveryWindow(LIMITS);
  for (let message = 0; message < 1_000; message++) {
    window.admits(300);
    expect(window.settled(300)).toBe(false);
  }
});

test('what does not fit any more goes back, and it opens again for as many as fit', () => {
  const window = new DeliveryWindow(LIMITS);
  const admitted = Array.from({ length: 6 }, () => window.admits(15_000_000));
  expect(admitted).toStrictEqual([true, true, true, true, false, false]);
  expect(window.inFlightBytes).toBe(60_000_000);
  expect(window.fits()).toBe(false);
  for (let message = 0; message < 2; message++) window.settled(15_000_000);
  expect(window.fits()).toBe(true);
  expect(window.size).toBe(4);
});

test('large messages widen it to as many as fit', () => {
  const window = new DeliveryWindow(LIMITS);
  for (let round = 0; round < 10; round++) {
    const { size } = window;
    for (let message = 0; message < size; message++) window.admits(15_000_000);
    for (let message = 0; message < size; message++) window.settled(15_000_000);
  }
  expect(window.size).toBe(4);
});

test('it does not widen while it is closed and what it holds is settled', () => {
  const window = new DeliveryWindow({ messages: 16, bytes: 24_000_000 });
  for (let message = 0; message < 8; message++) window.admits(7_000_000);
  const widened = Array.from({ length: 3 }, () => window.settled(7_000_000));
  expect(widened).not.toContain(true);
  expect(window.size).toBe(3);
});

test('one message beyond all limits still gets through, alone', () => {
  const window = new DeliveryWindow(LIMITS);
  expect(window.admits(128_000_000)).toBe(true);
  expect(window.admits(1)).toBe(false);
  expect(window.size).toBe(1);
  window.settled(128_000_000);
  expect(window.fits()).toBe(true);
  expect(window.admits(1)).toBe(true);
});
