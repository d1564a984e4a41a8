import { figureOf, simulatedDays } from '../support/simulated-days.js';

/** Another number of days, or another first seed, where a machine has less time or more of it. */
const DAYS = Number(process.env['SIMULATED_DAYS'] ?? 1_000);
const FIRST = Number(process.env['FIRST_SEED'] ?? 1);
const LANES = 2;

describe(`${DAYS} whole days with faults`, () => {
  it(`seeds ${FIRST} to ${FIRST + DAYS - 1}: nothing is broken`, async () => {
    const each = Math.ceil(DAYS / LANES);
    const lanes = await Promise.all(Array.from({ length: LANES }, (_, lane) => simulatedDays(FIRST + lane * each, 24, '--days', String(Math.min(each, DAYS - lane * each)))));
    expect(lanes.flatMap(({ complaints }) => complaints)).toEqual([]);
    expect(lanes.map(({ code }) => code)).toEqual(lanes.map(() => 0));
    const days = lanes.flatMap((lane) => lane.days);
    expect(days).toHaveLength(DAYS);
    const sum = (what: string): number => days.reduce((total, day) => total + figureOf(day, what), 0);
    process.stdout.write(`${days.length} days, ${sum('calls')} calls, ${sum('events')} events, ${sum('faults')} faults\n`);
  });
});
