import { DeliveryWindow } from './delivery-window.js';

const LIMITS = { messages: 128, bytes: 64_000_000 };

test('small messages widen the window to its limit', () => {
  const window = new DeliveryWindow(LIMITS);
  for (let message = 0; message < 1_000; message++) {
    expect(window.received(300)).toBe(false);
    if (window.settled(300)) window.opened();
  }
  expect(window.size).toBe(128);
  expect(window.inFlight).toBe(0);
});

test('large messages close it, and it opens for as many as fit', () => {
  const window = new DeliveryWindow(LIMITS);
  const closed = Array.from({ length: 5 }, () => window.received(15_000_000));
  expect(closed).toStrictEqual([false, false, false, false, true]);
  expect(window.fits()).toBe(false);
  for (let message = 0; message < 3; message++) window.settled(15_000_000);
  expect(window.fits()).toBe(true);
  expect(window.size).toBe(4);
});

test('large messages widen it to as many as fit', () => {
  const window = new DeliveryWindow(LIMITS);
  for (let message = 0; message < 100; message++) {
    window.received(15_000_000);
    if (window.settled(15_000_000)) window.opened();
  }
  expect(window.size).toBe(4);
});

test('it does not widen while it is closed and what it holds is settled', () => {
  const window = new DeliveryWindow({ messages: 16, bytes: 24_000_000 });
  for (let message = 0; message < 8; message++) window.received(21_000_000);
  const widened = Array.from({ length: 8 }, () => window.settled(21_000_000));
  expect(widened).not.toContain(true);
  expect(window.size).toBe(1);
});

test('one message beyond all limits still gets through', () => {
  const window = new DeliveryWindow(LIMITS);
  expect(window.received(128_000_000)).toBe(true);
  expect(window.size).toBe(1);
  window.settled(128_000_000);
  expect(window.fits()).toBe(true);
});
