import type { Clock, Timer } from '../../../src/kernel/clock.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import { InMemoryLeases, InMemoryLeaseTable } from '../../../src/platform/subscriptions/in-memory-leases.js';
import { Leased } from '../../../src/platform/subscriptions/leased.js';
import { ManualClock, settle } from '../../support/manual-clock.js';

/** A process's own clock, which somebody can set: its timers run on as before. */
class SettableClock implements Clock {
  offset = 0;

  constructor(private readonly true_: ManualClock) {}

  now(): number {
    return this.true_.now() + this.offset;
  }

  after(ms: number, task: () => void): Timer {
    return this.true_.after(ms, task);
  }
}

const world = () => {
  const time = new ManualClock();
  const table = new InMemoryLeaseTable(time);
  const running = new Set<string>();
  const process = (holder: string) => {
    const clock = new SettableClock(time);
    const leases = new InMemoryLeases(clock, table);
    let starts = 0;
    const leased = new Leased('work', { leases, clock, alarms: new AlarmCounter(), holder }, () => {
      const name = `${holder}/${(starts += 1)}`;
      running.add(name);
      return Promise.resolve({ stop: () => Promise.resolve(void running.delete(name)) });
    });
    return { clock, leases, leased };
  };
  return { time, running, process };
};

describe('what runs under a lease', () => {
  it.each([-60_000, -50, 60_000])('runs again after the clock of its process was set by %i ms', async (ms) => {
    const { time, running, process } = world();
    const one = process('one');
    await one.leased.start();
    expect([...running]).toEqual(['one/1']);
    await time.advance(1_100);
    one.clock.offset = ms;
    await time.advance(10_000);
    expect(running.size).toBe(1);
    expect(one.leased.isHeld).toBe(true);
    await one.leased.stop();
    expect(running.size).toBe(0);
  });

  it('goes on in another process when the first one is cut off, and never in two', async () => {
    const { time, running, process } = world();
    const [one, other] = [process('one'), process('other')];
    await one.leased.start();
    await other.leased.start();
    one.leases.reachable = false;
    let most = 0;
    for (let step = 0; step < 60; step += 1) {
      await time.advance(100);
      most = Math.max(most, running.size);
    }
    expect([most, [...running]]).toEqual([1, ['other/1']]);
    one.leases.reachable = true;
    await other.leased.stop();
    await time.advance(1_000);
    expect([...running]).toEqual(['one/2']);
    await one.leased.stop();
    await settle();
  });
});
