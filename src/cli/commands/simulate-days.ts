import { readModels } from '../../../projections/read-models.js';
import { shownFault } from '../../engine/simulation/faults.js';
import { type Shrunk, shrink } from '../../engine/simulation/shrink.js';
import { type DayReport, simulateDay } from '../../engine/simulation/simulated-day.js';

export interface SimulateDaysOptions {
  readonly seed: string;
  readonly hours: number;
  /** Days one after the other, with the seeds after this one where it is a number. */
  readonly days: number;
  /** `all`, `none`, or numbers of the seed's faults with commas between. */
  readonly faults: 'all' | readonly number[];
  readonly calls?: number;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const shown = ({ seed, hash, calls, events, faults, broken }: DayReport): string => `seed ${seed}: ${calls} calls, ${events} events, ${faults.length} faults, log ${hash}${broken.length === 0 ? '' : `, ${broken.length} invariants broken`}`;

const tell = ({ report, faults, calls, attempts }: Shrunk, hours: number): void => {
  say(`  the shortest history found in ${attempts} attempts:`);
  say(`  trunkline simulate --seed ${report.seed} --hours ${hours} --calls ${calls} --faults ${faults.length === 0 ? 'none' : faults.join(',')}`);
  for (const fault of report.faults) say(`    ${shownFault(fault)}`);
  for (const line of report.broken) say(`  ! ${line}`);
};

const seedsFrom = (seed: string, days: number): string[] => (/^\d+$/.test(seed) ? Array.from({ length: days }, (_, day) => String(Number(seed) + day)) : Array.from({ length: days }, (_, day) => (day === 0 ? seed : `${seed}-${day}`)));

/** Whole days of a small call center in memory, on time of their own. False where something does not hold that must. */
export const simulateDays = async ({ seed, hours, days, faults, calls }: SimulateDaysOptions): Promise<boolean> => {
  let right = true;
  for (const one of seedsFrom(seed, days)) {
    const report = await simulateDay({ seed: one, hours, projections: readModels, ...(faults === 'all' ? {} : { faults }), ...(calls === undefined ? {} : { calls }) });
    say(shown(report));
    if (report.broken.length === 0) continue;
    right = false;
    for (const line of report.broken) say(`  ! ${line}`);
    say('  shrinking it ...');
    tell(await shrink(report, { seed: one, hours, projections: readModels }), hours);
  }
  return right;
};
