import { ensureBuilt, trunkline } from './built-program.js';

export interface SimulatedDays {
  readonly code: number | null;
  /** A line for each day, as `trunkline simulate` tells it: what was lived through and the hash of its log. */
  readonly days: readonly string[];
  /** Everything else that it said: what is broken, and how to live through it again. */
  readonly complaints: readonly string[];
}

/**
 * Lives through days with the built program, as an operator would: within jest, whose modules are slower
 * to call, the same takes ten times as long.
 */
export const simulatedDays = async (seed: string | number, hours: number, ...more: readonly string[]): Promise<SimulatedDays> => {
  await ensureBuilt();
  const { code, out, err } = await trunkline(['simulate', '--seed', String(seed), '--hours', String(hours), ...more], {});
  const lines = `${out}\n${err}`.split('\n').filter((line) => line !== '');
  const isDay = (line: string): boolean => line.startsWith('seed ') && !line.includes('broken');
  return { code, days: lines.filter(isDay), complaints: lines.filter((line) => !isDay(line)) };
};

/** A figure of a day's line, such as `calls` in "12 calls". */
export const figureOf = (day: string | undefined, what: string): number => Number(new RegExp(`(\\d+) ${what}`).exec(day ?? '')?.[1]);

export const hashOf = (day: string | undefined): string | undefined => /log ([0-9a-f]{64})$/.exec(day ?? '')?.[1];
