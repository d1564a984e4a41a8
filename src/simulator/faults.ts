import type { Clock, Random } from '../kernel/clock.js';
import type { SwitchEvent } from './switch/switch-event.js';
import type { SimulatedSwitch } from './switch/simulated-switch.js';

/** Where connections come in: the socket server, so that they can be refused by the machine. */
export interface Door {
  refuse(): void;
  listen(): Promise<void>;
}

interface EventTrouble {
  /** Probability that a channel's events are held up, and for how long at most, ms. */
  readonly delay?: number;
  readonly delayMs?: number;
  /** Probability that an event comes twice. */
  readonly duplicate?: number;
}

/**
 * What can go wrong with a switch and the line to it, put in by hand or by a seed. Within a channel
 * the order of events always holds: everything here is something that a real switch may do.
 */
export class SwitchFaults {
  readonly #muted = new Set<string>();
  readonly #heldUntil = new Map<string, number>();
  #trouble: EventTrouble = {};

  constructor(
    private readonly node: SimulatedSwitch,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly door?: Door,
  ) {}

  /** Breaks every connection without a word. */
  cutConnections(): void {
    for (const session of [...this.node.sessions]) session.cut();
  }

  /** Breaks every connection and takes no new one for so long. */
  refuseConnections(forMs: number): void {
    this.node.accepting = false;
    this.door?.refuse();
    this.cutConnections();
    this.clock.after(forMs, () => {
      this.node.accepting = true;
      void this.door?.listen();
    });
  }

  /** New connections are rejected by the ACL, or accepted again. */
  rejectConnections(on: boolean): void {
    this.node.rejecting = on;
  }

  /** A disconnect-notice to every client, then the end of its connection. */
  sayGoodbye(text = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n'): void {
    for (const session of [...this.node.sessions]) session.disconnect(text);
  }

  /**
   * The process ends and comes back after `downMs` with a new Core-UUID and no channels. Orderly:
   * each channel ends with SYSTEM_SHUTDOWN and is reported; else everything is gone without a word.
   */
  restart(options: { readonly orderly: boolean; readonly downMs: number }): void {
    this.node.accepting = false;
    this.door?.refuse();
    if (options.orderly) this.node.shutDown(() => this.#comeBack(options.downMs));
    else {
      this.cutConnections();
      this.#comeBack(options.downMs);
    }
  }

  /** The leg ends in truth, and none of its events is ever sent. */
  endWithoutAWord(channelId: string): boolean {
    const channel = this.node.core.locate(channelId);
    if (!channel) return false;
    this.#muted.add(channelId);
    this.#install();
    this.node.core.deeds.hangUp(channel, 'NORMAL_CLEARING', { by: 'far-end' });
    return true;
  }

  /** Jobs for which `which` says yes are done but never answered. */
  loseJobs(which: ((command: string, jobUuid: string) => boolean) | undefined): void {
    this.node.core.jobFault = which ? (jobUuid, command) => !which(command, jobUuid) : undefined;
  }

  /** Holds up and repeats events; an empty object ends it. */
  troubleEvents(trouble: EventTrouble): void {
    this.#trouble = trouble;
    this.#install();
  }

  stopHeartbeat(): void {
    this.node.stopHeartbeat();
  }

  startHeartbeat(): void {
    this.node.startHeartbeat();
  }

  /** The switch's wall clock jumps; its timers do not. */
  stepClock(ms: number): void {
    this.node.core.time.offsetMs += ms;
  }

  #comeBack(downMs: number): void {
    this.node.crash();
    this.#muted.clear();
    this.#heldUntil.clear();
    this.clock.after(downMs, () => {
      this.node.revive();
      this.node.accepting = true;
      void this.door?.listen();
    });
  }

  #install(): void {
    this.node.core.bus.fault = (event, release) => this.#through(event, release);
  }

  #through(event: SwitchEvent, release: (event: SwitchEvent) => void): readonly SwitchEvent[] {
    const channelId = event.channelId ?? '';
    if (this.#muted.has(channelId)) return [];
    const { delay = 0, delayMs = 0, duplicate = 0 } = this.#trouble;
    const copies = duplicate > 0 && this.random.next() < duplicate ? [event, event] : [event];
    const now = this.clock.now();
    const held = this.#heldUntil.get(channelId) ?? 0;
    const late = delay > 0 && this.random.next() < delay ? now + Math.ceil(this.random.next() * delayMs) : 0;
    const until = Math.max(held, late);
    if (until < now) return copies;
    // What comes after a late event of the same channel is late as well, also in the millisecond in which that is over.
    this.#heldUntil.set(channelId, until);
    this.clock.after(until - now, () => {
      for (const copy of copies) release(copy);
    });
    return [];
  }
}
