import type { Clock, Random } from '../kernel/clock.js';
import { AgentDesks, type AgentDesk, type DeskAgent } from './behaviour/agent-desk.js';
import { AgentPhones } from './behaviour/agent-phones.js';
import { CallScripts } from './behaviour/call-scripts.js';
import { Callers, type DialledNumber } from './behaviour/callers.js';
import { ORDINARY_DAY, type BehaviourMix } from './behaviour/mix.js';
import { SwitchFaults, type Door } from './faults.js';
import { SeededRandom } from './seeded-random.js';
import type { CdrPoster } from './switch/cdr-poster.port.js';
import type { RecordingFiles } from './switch/recording-files.port.js';
import type { SwitchSettings } from './switch/core.js';
import { FALLBACK_EXTENSION, trunklineDialplan, type Dialplan } from './switch/dialplan.js';
import type { Dialled, Endpoints, FarEnd } from './switch/far-end.js';
import { SimulatedSwitch } from './switch/simulated-switch.js';
import { Truth } from './truth.js';

export interface SimulationOptions {
  readonly seed: string | number;
  readonly clock: Clock;
  readonly numbers: readonly DialledNumber[];
  readonly agents: readonly DeskAgent[];
  /** Switches at which calls come in; every one reaches the same telephones. Default 1. */
  readonly nodes?: number;
  /** Ends after so many calls; with neither this nor `durationMs` it goes on until `stop`. */
  readonly callsTotal?: number;
  /** Ends the arrivals after so long, ms of the clock. */
  readonly durationMs?: number;
  /** How much faster than life people behave: their spans are divided by it, their calls come more often. 1 is life. */
  readonly speed?: number;
  readonly mix?: Partial<BehaviourMix>;
  readonly settings?: Partial<SwitchSettings>;
  readonly dialplan?: Dialplan;
  readonly cdrPoster?: CdrPoster;
  /** Without it recordings leave no files. */
  readonly recordingFiles?: RecordingFiles;
  /** Makes the ids of channels; without it they follow from the seed, and a run repeated has the same ones. */
  readonly uuid?: () => string;
  /** Agents sign in and work through this; without it only their telephones exist. */
  readonly desk?: AgentDesk;
  readonly onRefused?: (agentId: string, deed: keyof AgentDesk, error: unknown) => void;
}

/** Emergency services and carriers: they ring a moment and talk until the caller hangs up. */
const outside = (clock: Clock, random: Random, speed: number): FarEnd => ({
  invited(line) {
    line.ring();
    clock.after((2_000 + random.next() * 4_000) / speed, () => line.answer());
  },
});

/**
 * A call center without its engine: the switch, the people who call, the agents' telephones and
 * desks, and the truth about all of it. One seed gives one course of events on a virtual clock.
 */
export class Simulation {
  readonly nodes: readonly SimulatedSwitch[];
  readonly truth = new Truth({ fallbackExtension: FALLBACK_EXTENSION });
  readonly callers: Callers;
  readonly desks: AgentDesks | undefined;
  readonly #random: SeededRandom;
  readonly #clock: Clock;
  readonly #done: (() => void)[] = [];
  #over = 0;
  #finished = false;

  constructor(private readonly options: SimulationOptions) {
    const { clock } = options;
    const speed = options.speed ?? 1;
    if (!(speed > 0)) throw new RangeError(`speed is ${speed}: it must be greater than 0, 1 is life`);
    const mix: BehaviourMix = { ...ORDINARY_DAY, ...options.mix };
    this.#clock = clock;
    this.#random = new SeededRandom(options.seed);
    const scripts = new CallScripts(this.#random.fork('scripts'), mix, speed);
    const extensions = options.agents.map((agent) => agent.extension);
    const phones = new AgentPhones({ clock, random: this.#random.fork('phones'), scripts, extensions, mix, speed, onContactOver: (extension) => this.desks?.contactOver(extension) });
    const endpoints = endpointsOf(phones, outside(clock, this.#random.fork('outside'), speed));
    this.nodes = Array.from({ length: options.nodes ?? 1 }, (_, index) => new SimulatedSwitch({
      clock,
      random: withIds(this.#random.fork(index === 0 ? 'switch' : `switch ${index}`), options.uuid),
      endpoints,
      dialplan: options.dialplan ?? trunklineDialplan(),
      ...(options.settings ? { settings: options.settings } : {}),
      ...(options.cdrPoster ? { cdrPoster: options.cdrPoster } : {}),
      ...(options.recordingFiles ? { recordingFiles: options.recordingFiles } : {}),
    }));
    for (const node of this.nodes) node.observe(this.truth.observe);
    this.callers = new Callers({
      clock, random: this.#random.fork('callers'), nodes: this.nodes, scripts, numbers: options.numbers, speed,
      ...(options.callsTotal === undefined ? {} : { callsTotal: options.callsTotal }),
      onCallOver: () => {
        this.#over++;
        this.#checkDone();
      },
    });
    if (options.desk) {
      const onRefused = options.onRefused ? { onRefused: options.onRefused } : {};
      this.desks = new AgentDesks({ clock, random: this.#random.fork('desks'), desk: options.desk, agents: options.agents, mix, speed, ...onRefused });
    }
  }

  /** The first switch, or the only one. */
  get node(): SimulatedSwitch {
    return this.nodes[0]!;
  }

  /** Agents sign in, then the calls begin. */
  async start(): Promise<void> {
    await this.desks?.open();
    this.startCalls();
  }

  /** The calls begin at once; agents are not signed in. */
  startCalls(): void {
    this.callers.start();
    if (this.options.durationMs !== undefined) this.#clock.after(this.options.durationMs, () => this.stopCalls());
  }

  /** No new calls; those that are there go on to their end. */
  stopCalls(): void {
    this.callers.stop();
    this.#checkDone();
  }

  /** Calls `listener` once when the last call is over and every channel is gone. */
  whenDone(listener: () => void): void {
    this.#done.push(listener);
    this.#checkDone();
  }

  /** Resolves when the last call is over and every channel is gone. */
  get done(): Promise<void> {
    return new Promise((resolve) => this.whenDone(resolve));
  }

  /** Ends everything at once: calls, agents' deeds, connections. */
  stop(): void {
    this.callers.stop();
    this.desks?.stop();
    for (const node of this.nodes) node.stop();
  }

  /** Faults for a switch of this simulation, the first one unless told; `door` is the socket server, where there is one. */
  faults(door?: Door, index = 0): SwitchFaults {
    const node = this.nodes[index];
    if (node === undefined) throw new RangeError(`there is no switch ${index}: there are ${this.nodes.length}, counted from 0`);
    return new SwitchFaults(node, this.#clock, this.#random.fork(index === 0 ? 'faults' : `faults ${index}`), door);
  }

  #checkDone(): void {
    if (this.#finished || !this.callers.exhausted || this.#over < this.callers.placed) return;
    if (this.nodes.some(({ channels }) => channels.size > 0)) {
      // The legs that are left report within moments.
      this.#clock.after(50, () => this.#checkDone());
      return;
    }
    this.#finished = true;
    this.desks?.stop();
    for (const listener of this.#done.splice(0)) listener();
  }
}

const withIds = (random: Random, uuid: (() => string) | undefined): Random => (uuid === undefined ? random : { next: () => random.next(), uuid });

const endpointsOf = (phones: AgentPhones, beyond: FarEnd): Endpoints => ({
  dial(address): Dialled {
    const extension = /^(?:user|sofia\/[^/]+)\/([^/@]+)@?/.exec(address)?.[1];
    const gateway = /^sofia\/gateway\/([^/]+)\/(.+)$/.exec(address);
    if (gateway) {
      if (gateway[1] !== 'emergency' && gateway[1] !== 'carrier') return { kind: 'no-channel', cause: 'INVALID_GATEWAY' };
      return { kind: 'telephone', channelName: `sofia/external/${gateway[2]!}`, destination: gateway[2]!, address: '198.51.100.7', farEnd: beyond };
    }
    return extension === undefined ? { kind: 'nothing', cause: 'CHAN_NOT_IMPLEMENTED' } : phones.dial(extension);
  },
});
