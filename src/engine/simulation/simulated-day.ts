import { createHash } from 'node:crypto';
import type { Projection } from '../../platform/subscriptions/projection.js';
import { turn } from '../../platform/time/turn.js';
import { SeededRandom, Simulation, type SwitchFaults, VirtualClock } from '../../simulator/index.js';
import { CdrPosts } from './cdr-posts.js';
import { AGENTS, BUSY_HOURS, MIX, NODES, numbersAt, QUEUES } from './center.js';
import { type Fault, planOf } from './faults.js';
import { Installation } from './installation.js';
import { brokenDay, busyAtRest } from './invariants/day.js';
import { Link } from './link.js';
import { People } from './people.js';
import type { Alterations, Pace } from './simulated-process.js';
import { SharedStores } from './stores.js';
import { Supervisor } from './supervisor.js';
import { SwitchRecordings } from './switch-recordings.js';
import { SwitchWitness } from './switch-witness.js';

export interface DayOptions {
  readonly seed: string;
  /** Hours for which people call; a whole day has nights, a shorter one lies where most calls come. */
  readonly hours: number;
  readonly projections: readonly Projection[];
  /** Which of the seed's faults happen, by their number from 0; left out: all, empty: none. */
  readonly faults?: readonly number[];
  /** No more calls than these. */
  readonly calls?: number;
  readonly alter?: Alterations;
}

export interface DayReport {
  readonly seed: string;
  /** SHA-256 of the whole log. */
  readonly hash: string;
  readonly calls: number;
  readonly events: number;
  /** Steps of the virtual clock. */
  readonly steps: number;
  readonly faults: readonly Fault[];
  /** Their numbers among the faults of the seed. */
  readonly faultNumbers: readonly number[];
  /** What does not hold, one line each. */
  readonly broken: readonly string[];
}

const HOUR_MS = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 2, 2);
/** Long enough for every deed, timer and wrap-up to come to its end. */
const REST_MS = 15 * 60_000;
/** Nobody talks that long: whoever is still there is stuck. */
const LONGEST_MS = 4 * HOUR_MS;

/** Of a whole day there are many hours in which little happens, and a thousand days are to be lived through in minutes. */
const paceOf = (hours: number): Pace =>
  hours >= 12
    ? { leases: { ttlMs: 150_000, renewalMs: 50_000 }, askEveryMs: 50_000, heartbeatMs: 60_000, share: 0.4 }
    : { leases: { ttlMs: 12_000, renewalMs: 4_000 }, askEveryMs: 5_000, heartbeatMs: 20_000, share: 1 };

/** One day of a small call center, with everything that goes wrong in it: the same seed, the same day, event by event. */
export class SimulatedDay {
  private readonly random: SeededRandom;
  private readonly clock: VirtualClock;
  private readonly stores: SharedStores;
  private readonly people: People;
  private readonly simulation: Simulation;
  private readonly cdrPosts: CdrPosts;
  /** Of each switch. */
  private readonly switchFaults: readonly SwitchFaults[];
  private readonly nodes: number;
  private readonly recordings = new SwitchRecordings();
  private readonly installation: Installation;
  private readonly witness: SwitchWitness;
  private readonly supervisor: Supervisor;
  private readonly plan: readonly Fault[];
  private readonly faultNumbers: readonly number[];
  private readonly wordless = new Set<string>();
  private readonly heartbeatMs: number;
  private healed = false;
  private readonly startedAt: number;
  private steps = 0;

  constructor(private readonly options: DayOptions) {
    const { seed, hours, projections, calls, alter = {} } = options;
    const random = new SeededRandom(`day ${seed}`);
    this.random = random;
    this.startedAt = MIDNIGHT + (hours >= 20 ? 0 : (hours >= 2 ? 8 : 9) * HOUR_MS);
    this.clock = new VirtualClock(this.startedAt);
    const { clock } = this;
    this.stores = new SharedStores(clock, seed);
    const frontDoor = new Link(clock, random.fork('front door'));
    this.people = new People(clock, random.fork('people'), this.stores, frontDoor, (dispatcher) => alter.frontDoor?.(dispatcher, random.fork('altered')) ?? dispatcher);
    const pace = paceOf(hours);
    this.heartbeatMs = pace.heartbeatMs;
    this.nodes = random.next() < 0.3 ? NODES.length : 1;
    this.cdrPosts = new CdrPosts(clock, random.fork('cdrs'), () => this.installation.living);
    // Not every installation has its switches post their CDRs.
    const cdrPoster = random.next() < 0.5 ? { cdrPoster: this.cdrPosts } : {};
    this.simulation = new Simulation({
      ...cdrPoster, nodes: this.nodes, recordingFiles: this.recordings,
      seed: `center ${seed}`, clock, numbers: numbersAt(pace.share), agents: AGENTS, mix: MIX, durationMs: hours * HOUR_MS, settings: { heartbeatMs: pace.heartbeatMs }, desk: this.people.desk(),
      ...(calls === undefined ? {} : { callsTotal: calls }),
    });
    this.switchFaults = this.simulation.nodes.map((_, index) => this.simulation.faults(undefined, index));
    this.supervisor = new Supervisor({ clock, random: random.fork('supervisor'), people: this.people, truth: this.simulation.truth, nodes: this.nodes });
    this.witness = new SwitchWitness(this.stores.log);
    const slots = random.next() < 0.4 ? 2 : 1;
    this.installation = new Installation({ clock, random: random.fork('installation'), stores: this.stores, recordings: this.recordings, nodes: new Map(this.simulation.nodes.map((node, index) => [NODES[index]!.port, node])), projections, pace, alter, onCommand: (command) => this.witness.hear(command) }, slots, frontDoor);
    const busy: readonly [number, number] = hours >= 20 ? [BUSY_HOURS[0] * HOUR_MS, BUSY_HOURS[1] * HOUR_MS] : [0, Math.floor(hours * 0.95 * HOUR_MS)];
    const planned = random.fork('faults');
    const count = 4 + Math.floor(planned.next() * (hours >= 20 ? 25 : 6 + 4 * hours));
    const all = planOf(planned, count, { slots, nodes: this.nodes }, busy);
    this.faultNumbers = (options.faults ?? [...all.keys()]).filter((number) => all[number] !== undefined);
    this.plan = this.faultNumbers.map((number) => all[number]!);
  }

  async run(): Promise<DayReport> {
    const { people, installation, simulation, clock, stores, options } = this;
    await this.until(people.setUp({ queues: QUEUES, agents: AGENTS, nodes: NODES.slice(0, this.nodes) }));
    installation.startAll();
    await this.for(5_000);
    for (const fault of this.plan) clock.after(this.startedAt + fault.atMs - clock.now(), () => this.strike(fault));
    let over = false;
    simulation.whenDone(() => (over = true));
    void simulation.start();
    this.supervisor.start(options.hours * HOUR_MS);
    const latest = this.startedAt + options.hours * HOUR_MS + LONGEST_MS;
    while (!over && clock.now() < latest) await this.step();
    this.heal();
    await this.for(REST_MS);
    const busy = await this.until(busyAtRest(stores));
    void simulation.desks?.close();
    await this.for(REST_MS / 3);
    const atRest = await this.until(brokenDay({ stores, truth: simulation.truth, witness: this.witness, recordings: this.recordings, installation, projections: options.projections, agents: AGENTS, over, clockSlackMs: this.clockSlackMs, wordless: this.wordless, missedWithinMs: 4 * this.heartbeatMs }));
    const broken = [...new Set([...busy, ...atRest])];
    const report = { seed: options.seed, hash: await this.hash(), calls: simulation.callers.placed, events: Number(await stores.log.head()), steps: this.steps, faults: this.plan, faultNumbers: this.faultNumbers, broken };
    installation.end();
    simulation.stop();
    return report;
  }

  private async step(): Promise<void> {
    this.steps += 1;
    this.clock.step();
    await turn();
  }

  private async for(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    let reached = false;
    this.clock.after(ms, () => (reached = true));
    while (!reached && this.clock.now() <= end) await this.step();
  }

  private async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = promise.finally(() => (settled = true));
    done.catch(() => undefined);
    await turn();
    while (!settled) await this.step();
    return done;
  }

  /** Whatever lasts is over; from here on nothing goes wrong. */
  private heal(): void {
    this.healed = true;
    this.installation.heal();
    this.cdrPosts.trouble = undefined;
    for (const faults of this.switchFaults) {
      faults.troubleEvents({});
      faults.loseJobs(undefined);
    }
  }

  private get clockSlackMs(): number {
    return this.plan.reduce((sum, fault) => sum + ('stepMs' in fault ? Math.abs(fault.stepMs) : 0), 0);
  }

  private strike(fault: Fault): void {
    const { installation, cdrPosts, simulation, clock, random } = this;
    const index = 'node' in fault ? fault.node : 0;
    const [node, switchFaults] = [simulation.nodes[index], this.switchFaults[index]];
    if (this.healed || node === undefined || switchFaults === undefined) return;
    switch (fault.kind) {
      case 'death':
        return installation.doom(fault.slot, fault.calls, fault.afterwards, fault.downMs);
      case 'pause':
        return installation.pause(fault.slot, fault.ms);
      case 'relief':
        return installation.relieve(fault.slot);
      case 'leases-expire':
        for (const row of this.stores.leaseTable.rows.values()) row.expiresAt = Math.min(row.expiresAt, clock.now());
        return;
      case 'engine-clock':
        return installation.stepClock(fault.slot, fault.stepMs);
      case 'switch-clock':
        return switchFaults.stepClock(fault.stepMs);
      case 'away':
        return installation.takeAway(fault.what, fault.slot, fault.ms);
      case 'lost-answers':
        return installation.loseAnswers(fault.share, fault.ms);
      case 'cut':
        return switchFaults.cutConnections();
      case 'goodbye':
        return switchFaults.sayGoodbye();
      case 'refused':
        return node.accepting ? switchFaults.refuseConnections(fault.ms) : undefined;
      case 'switch-restart':
        return node.accepting ? switchFaults.restart(fault) : undefined;
      case 'vanish': {
        const live = [...node.channels.keys()];
        const channelId = live[Math.floor(fault.which * live.length)];
        if (channelId !== undefined && switchFaults.endWithoutAWord(channelId)) this.wordless.add(channelId);
        return;
      }
      case 'lost-jobs': {
        const chance = random.fork('lost jobs');
        switchFaults.loseJobs(() => chance.next() < fault.share);
        clock.after(fault.ms, () => switchFaults.loseJobs(undefined));
        return;
      }
      case 'late-events':
        switchFaults.troubleEvents(fault);
        clock.after(fault.ms, () => switchFaults.troubleEvents({}));
        return;
      case 'cdr-trouble':
        cdrPosts.trouble = fault;
        clock.after(fault.ms, () => (cdrPosts.trouble = undefined));
        return;
      default:
        fault satisfies never;
    }
  }

  private async hash(): Promise<string> {
    const hash = createHash('sha256');
    for (const event of await this.stores.log.readAll({ maxCount: Number.MAX_SAFE_INTEGER })) {
      const { id, type, schemaVersion, data, metadata, stream, revision, recordedAt } = event;
      hash.update(JSON.stringify([id, type, schemaVersion, data, metadata, stream, revision.toString(), recordedAt]));
    }
    return hash.digest('hex');
  }
}

/** Lives through one day. */
export const simulateDay = (options: DayOptions): Promise<DayReport> => new SimulatedDay(options).run();
