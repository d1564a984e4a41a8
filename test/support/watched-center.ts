import { readModels } from '../../projections/read-models.js';
import type { Database } from '../../src/platform/postgres/database.js';
import type { Projection } from '../../src/platform/subscriptions/projection.js';
import type { BehaviourMix, Simulation, TrueLeg } from '../../src/simulator/index.js';
import { eventually } from './engine.js';
import { brokenInvariants } from './invariants.js';
import type { LogWatch } from './log-watch.js';

/** People in a hurry. The engine's own work is not faster than life, so they wait a little for it. */
export const HURRIED: Partial<BehaviourMix> = {
  patience: { kind: 'exponential', meanMs: 300_000 },
  talk: { kind: 'log-normal', medianMs: 40_000, sigma: 0.5 },
};

interface Judged {
  readonly database: Database;
  readonly tenantId: string;
  /** Read models that are compared with a rebuild. */
  readonly projections: readonly Projection[];
}

/**
 * What a test sees of a call center and waits for: the people by the simulator's own record, the engine by
 * its log and tables.
 */
export abstract class WatchedCenter {
  abstract readonly simulation: Simulation;
  abstract readonly watch: LogWatch;
  /** Longest that the engine may need for what it does at once, ms: a limit of failure, not a measure. */
  protected abstract readonly patienceMs: number;

  /** What the engines complain of, for a failure's message. */
  abstract complaints(): readonly string[];

  get truth() {
    return this.simulation.truth;
  }

  /** Calls whose caller is at the switch now. */
  live(): TrueLeg[] {
    const { legs } = this.truth;
    return [...this.simulation.node.channels.keys()].flatMap((id) => legs.get(id) ?? []).filter(({ direction, endedUs }) => direction === 'inbound' && endedUs === undefined);
  }

  /** How many of them talk, or have talked. */
  talks(): number {
    return this.live().filter(({ bridges }) => bridges.length > 0).length;
  }

  /** Resolves when a process has compared the switch with what it believes, and follows it. */
  compared(ms = this.patienceMs): Promise<unknown> {
    return eventually('the switch is connected and compared', async () => {
      const gaps = await this.watch.gaps();
      return gaps.length > 0 && gaps.every(({ to }) => to < Infinity);
    }, ms);
  }

  /** Resolves when so many calls were placed. */
  placed(calls: number, ms = 10 * this.patienceMs): Promise<unknown> {
    return eventually(`${calls} calls are placed`, () => this.simulation.callers.placed >= calls, ms);
  }

  /** Resolves when so many calls talk at a time. */
  async talking(calls: number, ms = this.patienceMs): Promise<void> {
    await this.come(`${calls} calls talk`, () => this.talks() >= calls, ms, async () => [JSON.stringify(this.truth.totals().outcomes), ...(await this.watch.openThings())]);
  }

  /** No call goes on, no agent is busy, no deed is open, no timer waits, and whatever follows the log is at its end. */
  async over(lastCallWithinMs = 2 * this.patienceMs): Promise<void> {
    const { watch } = this;
    const { callers, node } = this.simulation;
    const none = (what: string, left: () => Promise<string[]>, ms: number): Promise<void> => this.come(what, async () => (await left()).length === 0, ms, left);
    const live = (): Promise<string[]> => Promise.resolve([...node.channels.keys()].map((id) => JSON.stringify(this.truth.legs.get(id))));
    await this.come('the last call is over for its people', () => callers.exhausted && node.channels.size === 0, lastCallWithinMs, live);
    await none('calls, agents and deeds have come to their ends', () => watch.openThings(), this.patienceMs);
    await none('the read models have all', () => watch.behind(readModels), this.patienceMs);
    await none('the timers are saved', async () => (await watch.rows<{ key: string }>('SELECT key FROM trunkline_timers')).map(({ key }) => `timer ${key}`), this.patienceMs);
  }

  /** Everything that does not hold, one line each, with the history of the first such call. A call that came and went while nobody could listen need not be known. */
  protected async brokenRules(judged: Judged): Promise<string[]> {
    const { watch, truth } = this;
    const gaps = await watch.gaps();
    const unnoticed = (call: TrueLeg): boolean => gaps.some(({ from, to }) => call.createdUs / 1000 >= from && (call.endedUs ?? Infinity) / 1000 <= to);
    const broken = await brokenInvariants({ log: watch.log, truth, unnoticed, ...judged });
    const [, kind, id] = /^(call|shift) ([\w+-]+)/.exec(broken[0] ?? '') ?? [];
    if (kind === undefined || id === undefined) return broken;
    return [...broken, ...(await watch.historyOfFirst([kind === 'call' ? `call-${id}` : `agentShift-${id}`])), JSON.stringify(truth.legs.get(id)), JSON.stringify(gaps)];
  }

  private async come(what: string, has: () => boolean | Promise<boolean>, ms: number, left: () => Promise<string[]>): Promise<void> {
    await eventually(what, has, ms).catch(async (error: Error) => {
      const still = await left();
      throw new Error([error.message, ...still.slice(0, 20), ...(await this.watch.historyOfFirst(still)), ...this.complaints()].join('\n'));
    });
  }
}
