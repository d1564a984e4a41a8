import type { DayOptions, DayReport } from '../../../src/engine/simulation/simulated-day.js';
import { shrink } from '../../../src/engine/simulation/shrink.js';

const OPTIONS: DayOptions = { seed: '7', hours: 2, projections: [] };

/** Days that break where certain faults meet enough calls, and otherwise in another way or not at all. */
const days = (needed: readonly number[], calls: number) => {
  const lived: DayOptions[] = [];
  const live = (options: DayOptions): Promise<DayReport> => {
    lived.push(options);
    const faultNumbers = options.faults ?? Array.from({ length: 12 }, (_, index) => index);
    const happened = Math.min(options.calls ?? 40, 40);
    const breaks = needed.every((number) => faultNumbers.includes(number)) && happened >= calls;
    const broken = breaks ? [`call 0842d2fe-261c-4698-b417-a8c8b8457734: ends ${happened} times`] : faultNumbers.length === 3 ? ['something else'] : [];
    return Promise.resolve({ seed: options.seed, hash: '', calls: happened, events: 1, steps: 1, faults: [], faultNumbers, broken });
  };
  return { live, lived };
};

describe('a day in which something broke', () => {
  it('shrinks to the faults and calls that it takes', async () => {
    const { live, lived } = days([2, 9], 7);
    const shrunk = await shrink(await live(OPTIONS), OPTIONS, live);
    expect(shrunk.faults).toEqual([2, 9]);
    expect(shrunk.calls).toBe(7);
    expect(shrunk.report.broken).toEqual(['call 0842d2fe-261c-4698-b417-a8c8b8457734: ends 7 times']);
    expect(shrunk.attempts).toBe(lived.length - 1);
  });

  it('may need no fault at all', async () => {
    const { live } = days([], 1);
    expect(await shrink(await live(OPTIONS), OPTIONS, live)).toMatchObject({ faults: [], calls: 1 });
  });

  it('is not traded for another one', async () => {
    const { live } = days([0, 1, 2, 3], 40);
    expect((await shrink(await live(OPTIONS), OPTIONS, live)).faults).toEqual([0, 1, 2, 3]);
  });
});
