import { OperatorError } from '../shared/operator-error.js';
import { atWorkplace, type Environment } from '../shared/workplace.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Prints the events that were set aside, in log order, with what went wrong. */
export const listParked = (env: Environment, runner: string | undefined): Promise<void> =>
  atWorkplace(env, async ({ parked }) => {
    const waiting = await parked.waiting(runner);
    if (waiting.length === 0) say('Nothing is parked.');
    for (const { runner: who, lane, position, eventType, stream, parkedAt, error } of waiting) {
      say(`${who}  position ${position}  ${eventType}  ${stream}${lane === '' ? '' : `  lane ${lane}`}  since ${parkedAt}`);
      say(`    ${error === '' ? 'waits behind the one before it' : error}`);
    }
  });

/** Asks the runner for another attempt: of one lane, or of all that wait. */
export const retryParked = (env: Environment, runner: string, lane: string | undefined): Promise<void> =>
  atWorkplace(env, async ({ parked }) => {
    const waiting = await parked.waiting(runner);
    const lanes = new Set(waiting.map((event) => event.lane).filter((each) => lane === undefined || each === lane));
    if (lanes.size === 0) throw new OperatorError(`nothing of ${runner} is parked${lane === undefined ? '' : ` in lane ${lane}`}; trunkline parked list shows what is`);
    let asked = 0;
    for (const each of lanes) asked += await parked.retry(runner, each);
    say(`${asked} events are tried again where ${runner} runs; trunkline parked list shows what came of it.`);
  });

/** Gives one event up for good, with the reason on record; what waits behind it is tried. */
export const skipParked = (env: Environment, runner: string, position: bigint, reason: string): Promise<void> =>
  atWorkplace(env, async ({ parked }) => {
    if (reason.trim() === '') throw new OperatorError('--reason is empty; say why the event is given up, it stays on record', 2);
    if (!(await parked.skip(runner, position, reason, 'cli'))) throw new OperatorError(`no event of ${runner} is parked at position ${position}; trunkline parked list shows what is`);
    say(`The event at position ${position} is given up by ${runner}; what waited behind it is tried.`);
  });
