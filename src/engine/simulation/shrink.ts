import { type DayOptions, type DayReport, simulateDay } from './simulated-day.js';

/** The shortest history found that still shows the same thing. */
export interface Shrunk {
  readonly report: DayReport;
  /** Numbers of the seed's faults that it takes. */
  readonly faults: readonly number[];
  readonly calls: number;
  /** Days that were lived through for it. */
  readonly attempts: number;
}

const ATTEMPTS = 80;

/** What is broken, whoever it happened to and whenever. */
const kindOf = (line: string): string => line.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id').replace(/\d+/g, 'n');

const without = (numbers: readonly number[], from: number, count: number): number[] => [...numbers.slice(0, from), ...numbers.slice(from + count)];

/**
 * Reduces a day in which something broke: faults are left out, halves first and then one by one, and
 * the people stop calling earlier, for as long as something of the same kind still breaks.
 */
export const shrink = async (found: DayReport, options: DayOptions, live: (options: DayOptions) => Promise<DayReport> = simulateDay): Promise<Shrunk> => {
  const kinds = new Set(found.broken.map(kindOf));
  let best: Shrunk = { report: found, faults: found.faultNumbers, calls: found.calls, attempts: 0 };
  let attempts = 0;
  const holds = async (faults: readonly number[], calls: number): Promise<boolean> => {
    if (attempts >= ATTEMPTS) return false;
    attempts += 1;
    const report = await live({ ...options, faults, calls });
    if (!report.broken.some((line) => kinds.has(kindOf(line)))) return false;
    best = { report, faults, calls: Math.min(calls, report.calls), attempts };
    return true;
  };
  const fewerFaults = async (): Promise<void> => {
    for (let chunk = Math.ceil(best.faults.length / 2); chunk >= 1 && best.faults.length > 0; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
      for (let from = 0; from < best.faults.length; ) if (!(await holds(without(best.faults, from, chunk), best.calls))) from += chunk;
    }
  };
  const fewerCalls = async (): Promise<void> => {
    for (let step = Math.floor(best.calls / 2); step >= 1; ) {
      if (best.calls - step < 1 || !(await holds(best.faults, best.calls - step))) step = Math.floor(step / 2);
    }
  };
  await fewerFaults();
  await fewerCalls();
  await fewerFaults();
  return { ...best, attempts };
};
