import type { Link, Outside, Weather } from './link.js';
import { type ProcessParts, SimulatedProcess } from './simulated-process.js';

const RESTART_MS = 1_000;
const IDLE_DEATH_MS = 300_000;

interface Slot {
  process: SimulatedProcess | undefined;
  readonly away: Map<Outside, number>;
}

/** The processes of an installation: each has its place, and whoever minds them starts a new one where one died. */
export class Installation {
  private readonly slots: Slot[];
  private readonly all: SimulatedProcess[] = [];
  private readonly count = new Map<Outside, number>();
  private losing = 0;
  private ended = false;
  private started = 0;

  constructor(
    private readonly parts: Omit<ProcessParts, 'onDoom'>,
    slots: number,
    /** The way from the people's own process to the stores: it has the same weather as all others. */
    private readonly frontDoor: Link,
  ) {
    this.slots = Array.from({ length: slots }, () => ({ process: undefined, away: new Map<Outside, number>() }));
  }

  /** Everyone that ever ran. */
  get processes(): readonly SimulatedProcess[] {
    return this.all;
  }

  get living(): readonly SimulatedProcess[] {
    return this.slots.flatMap(({ process }) => (process === undefined || process.dead ? [] : [process]));
  }

  startAll(): void {
    for (const slot of this.slots) this.startIn(slot);
  }

  /** Nobody is started any more; those that live are gone. */
  end(): void {
    this.ended = true;
    for (const process of this.all) process.kill();
  }

  /** Everything is in reach, and someone runs in every place. */
  heal(): void {
    this.count.clear();
    this.losing = 0;
    for (const slot of this.slots) slot.away.clear();
    this.tellWeather();
  }

  doom(index: number, calls: number, afterwards: boolean, downMs: number): void {
    const slot = this.slots[index];
    const victim = slot?.process;
    if (slot === undefined || victim === undefined || victim.dead) return;
    this.downMs.set(victim, downMs);
    victim.link.doom(calls, afterwards);
    // An idle process calls nobody: it dies in the quiet.
    this.parts.clock.after(IDLE_DEATH_MS, () => this.kill(slot, victim));
  }

  pause(index: number, ms: number): void {
    this.slots[index]?.process?.clock.pause(ms);
  }

  stepClock(index: number, stepMs: number): void {
    const process = this.slots[index]?.process;
    if (process !== undefined) process.clock.offsetMs += stepMs;
  }

  /** A new process takes over from one that leaves in good order. */
  relieve(index: number): void {
    const slot = this.slots[index];
    const old = slot?.process;
    if (slot === undefined || old === undefined || old.dead) return;
    this.startIn(slot);
    void old.stop().catch(() => old.kill());
  }

  takeAway(what: readonly Outside[], index: number | null, ms: number): void {
    const counters = index === null ? this.count : this.slots[index]?.away;
    if (counters === undefined) return;
    const change = (by: number): void => {
      for (const outside of what) counters.set(outside, Math.max(0, (counters.get(outside) ?? 0) + by));
      this.tellWeather();
    };
    change(1);
    this.parts.clock.after(ms, () => change(-1));
  }

  loseAnswers(share: number, ms: number): void {
    this.losing = share;
    this.tellWeather();
    this.parts.clock.after(ms, () => {
      this.losing = 0;
      this.tellWeather();
    });
  }

  private readonly downMs = new WeakMap<SimulatedProcess, number>();

  private startIn(slot: Slot): void {
    if (this.ended) return;
    this.started += 1;
    const process: SimulatedProcess = new SimulatedProcess({ ...this.parts, random: this.parts.random.fork(`start ${this.started}`), onDoom: () => this.kill(slot, process) });
    slot.process = process;
    this.all.push(process);
    this.tellWeather();
    process.start().catch(() => this.kill(slot, process, RESTART_MS));
  }

  private kill(slot: Slot, process: SimulatedProcess, downMs = this.downMs.get(process) ?? RESTART_MS): void {
    if (process.dead) return;
    process.kill();
    if (slot.process === process) this.parts.clock.after(downMs, () => this.startIn(slot));
  }

  private tellWeather(): void {
    for (const { process, away } of this.slots) if (process !== undefined) process.weather = this.weatherOf(away);
    this.frontDoor.weather = this.weatherOf(new Map());
  }

  private weatherOf(here: ReadonlyMap<Outside, number>): Weather {
    const missing = (['store', 'database'] as const).filter((outside) => (this.count.get(outside) ?? 0) + (here.get(outside) ?? 0) > 0);
    return { away: new Set(missing), losesAnswers: this.losing };
  }
}
