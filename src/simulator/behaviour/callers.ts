import type { Clock, Random, Timer } from '../../kernel/clock.js';
import type { FarEnd, Line } from '../switch/far-end.js';
import type { SimulatedSwitch } from '../switch/simulated-switch.js';
import type { CallScript, CallScripts } from './call-scripts.js';
import { exponential } from './chance.js';

/** A number that people dial. */
export interface DialledNumber {
  /** As the carrier sends it, e.g. `+4930555010`. */
  readonly number: string;
  /** Calls an hour of people's time, or one figure for each hour of the day (UTC). */
  readonly callsPerHour: number | readonly number[];
}

export interface CallersOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** A call comes in at any of them. */
  readonly nodes: readonly SimulatedSwitch[];
  readonly scripts: CallScripts;
  readonly numbers: readonly DialledNumber[];
  readonly speed: number;
  /** Ends the arrivals after so many calls of all numbers. */
  readonly callsTotal?: number;
  /** Called when a call is over for its caller. */
  readonly onCallOver?: (callerChannelId: string) => void;
}

/** People who dial: arrivals of a Poisson process, patience, talk, and an end. */
export class Callers {
  placed = 0;
  /** Factor on how often they call: 0.5 is half as often. Counts from each number's next call on. */
  pace = 1;
  #stopped = false;
  readonly #timers = new Set<Timer>();

  constructor(private readonly options: CallersOptions) {}

  /** Whether no more calls will be placed. */
  get exhausted(): boolean {
    return this.#stopped || this.placed >= (this.options.callsTotal ?? Infinity);
  }

  start(): void {
    for (const number of this.options.numbers) this.#scheduleNext(number);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** One call, now. */
  place(number: string, script: CallScript = this.options.scripts.draw()): Line {
    const { random, nodes, scripts } = this.options;
    this.placed++;
    const from = `+4915${String(Math.floor(random.next() * 1e9)).padStart(9, '0')}`;
    const node = nodes.length === 1 ? nodes[0] : nodes[Math.floor(random.next() * nodes.length)];
    const line = node!.placeCall({ from, fromName: `Caller ${this.placed}`, to: number }, this.#telephone(script));
    scripts.assign(line.channelId, script);
    return line;
  }

  #scheduleNext(number: DialledNumber): void {
    const { clock, random, speed } = this.options;
    const hour = Math.floor(clock.now() / 3_600_000) % 24;
    const rate = this.pace * (typeof number.callsPerHour === 'number' ? number.callsPerHour : (number.callsPerHour[hour] ?? 0));
    // A quiet hour is looked at again when the next begins.
    const untilNextHour = 3_600_000 - (clock.now() % 3_600_000);
    const wait = rate > 0 ? exponential(random, 3_600_000 / rate) / speed : Infinity;
    const arrives = typeof number.callsPerHour === 'number' || wait <= untilNextHour;
    const timer = clock.after(arrives ? Math.min(wait, 2 ** 31 - 1) : untilNextHour, () => {
      this.#timers.delete(timer);
      if (this.exhausted) return;
      if (arrives) this.place(number.number);
      if (!this.exhausted) this.#scheduleNext(number);
    });
    this.#timers.add(timer);
  }

  #telephone(script: CallScript): FarEnd {
    const { clock, scripts, onCallOver } = this.options;
    let patience: Timer | undefined;
    let talking = false;
    const timers: Timer[] = [];
    const later = (ms: number, deed: () => void): void => void timers.push(clock.after(ms, deed));
    const patient = (line: Line): void => {
      patience ??= clock.after(script.patienceMs, () => line.hangUp());
    };
    return {
      ringing: patient,
      answered: patient,
      bridged(line) {
        patience?.cancel();
        if (talking) return;
        talking = true;
        if (script.endedBy === 'caller') later(script.talkMs, () => line.hangUp());
        if (script.hold?.by === 'caller') {
          later(script.hold.afterMs, () => line.hold());
          later(script.hold.afterMs + script.hold.forMs, () => line.resume());
        }
        if (script.keys !== undefined) later(script.talkMs * 0.1, () => line.press(script.keys!));
      },
      ended(line) {
        patience?.cancel();
        for (const timer of timers) timer.cancel();
        scripts.forget(line.channelId);
        onCallOver?.(line.channelId);
      },
    };
  }
}
