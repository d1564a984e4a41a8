import { InMemoryEventStore } from '../../src/platform/event-store/in-memory/in-memory.event-store.js';
import type { Clock } from '../../src/kernel/clock.js';
import { newEvent } from './event-store/fixtures.js';
import { eventStoreContract } from './event-store.contract.js';

/** A clock that is set by hand; nothing that is tested here waits for it. */
const settableClock = (): Clock & { time: number } => ({
  time: Date.UTC(2026, 0, 1),
  now() {
    return this.time;
  },
  after: () => ({ cancel: () => undefined }),
});

eventStoreContract('in-memory', async () => {
  const store = new InMemoryEventStore({ clock: settableClock() });
  return { store, dispose: () => store.close() };
});

describe('in-memory event store', () => {
  test('takes the time from its clock, and never lets it go back', async () => {
    const clock = settableClock();
    const store = new InMemoryEventStore({ clock, logId: 'log' });
    for (const ms of [1_000, -5_000, 0, 6_000]) {
      clock.time = Date.UTC(2026, 0, 1) + ms;
      await store.append('a-1', 'any', [newEvent()]);
    }
    const seconds = (await store.readStream('a-1')).map(({ recordedAt }) => recordedAt.slice(17));
    expect(seconds).toEqual(['01.000Z', '01.000Z', '01.000Z', '06.000Z']);
    expect(await store.logId()).toBe('log');
  });

  test('finds out a reader that changes what it was given', async () => {
    const store = new InMemoryEventStore({ clock: settableClock() });
    await store.append('a-1', 'any', [newEvent({ data: { list: [1] } })]);
    const [event] = await store.readStream('a-1');
    expect(() => (event?.data as { list: number[] }).list.push(2)).toThrow(TypeError);
  });
});
