import { InMemoryEventStore } from '../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { ManualClock } from '../support/manual-clock.js';
import { newEvent } from './event-store/fixtures.js';
import { eventStoreContract } from './event-store.contract.js';

eventStoreContract('in-memory', async () => {
  const store = new InMemoryEventStore({ clock: new ManualClock() });
  return { store, dispose: () => store.close() };
});

describe('in-memory event store', () => {
  test('takes the time from its clock, and never lets it go back', async () => {
    const start = Date.UTC(2026, 0, 1);
    let now = start;
    const clock = { now: () => now, after: () => ({ cancel: () => undefined }) };
    const store = new InMemoryEventStore({ clock, logId: 'log' });
    for (const ms of [1_000, -5_000, 0, 6_000]) {
      now = start + ms;
      await store.append('a-1', 'any', [newEvent()]);
    }
    const seconds = (await store.readStream('a-1')).map(({ recordedAt }) => recordedAt.slice(17));
    expect(seconds).toEqual(['01.000Z', '01.000Z', '01.000Z', '06.000Z']);
    expect(await store.logId()).toBe('log');
  });

  test('finds out a reader that changes what it was given', async () => {
    const store = new InMemoryEventStore({ clock: new ManualClock() });
    await store.append('a-1', 'any', [newEvent({ data: { list: [1] } })]);
    const [event] = await store.readStream('a-1');
    expect(() => (event?.data as { list: number[] }).list.push(2)).toThrow(TypeError);
  });
});
