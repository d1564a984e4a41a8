import type { Random } from '../../kernel/clock.js';
import { chance, drawSpan } from './chance.js';
import type { BehaviourMix } from './mix.js';

/** What is going to happen in one call, drawn when the caller dials. Durations in ms of the clock. */
export interface CallScript {
  readonly patienceMs: number;
  readonly talkMs: number;
  readonly endedBy: 'caller' | 'agent';
  /** Who holds, from when in the talk, and for how long. */
  readonly hold: { readonly by: 'caller' | 'agent'; readonly afterMs: number; readonly forMs: number } | undefined;
  /** The agent sends the caller there in place of hanging up. */
  readonly transferTo: string | undefined;
  readonly keys: string | undefined;
}

const drawScript = (random: Random, mix: BehaviourMix, speed: number): CallScript => {
  const patienceMs = drawSpan(random, mix.patience) / speed;
  const talkMs = drawSpan(random, mix.talk) / speed;
  const holds = chance(random, mix.callerHolds) ? 'caller' : chance(random, mix.agentHolds) ? 'agent' : undefined;
  const holdMs = drawSpan(random, mix.holdFor) / speed;
  const target = mix.transferTargets[Math.floor(random.next() * mix.transferTargets.length)];
  const transferTo = chance(random, mix.agentTransfers) ? target : undefined;
  const endedBy = chance(random, mix.callerHangsUpFirst) ? 'caller' : 'agent';
  const keys = chance(random, mix.callerPressesKeys) ? String(Math.floor(random.next() * 1000)) : undefined;
  return {
    patienceMs,
    talkMs,
    endedBy: transferTo ? 'agent' : endedBy,
    // A hold ends before the talk does.
    hold: holds ? { by: holds, afterMs: talkMs * 0.3, forMs: Math.min(holdMs, talkMs * 0.4) } : undefined,
    transferTo,
    keys,
  };
};

/** The scripts of the calls that run: caller and agent play the same one, found by the caller's channel. */
export class CallScripts {
  readonly #byCaller = new Map<string, CallScript>();

  constructor(
    private readonly random: Random,
    private readonly mix: BehaviourMix,
    private readonly speed: number,
  ) {}

  draw(): CallScript {
    return drawScript(this.random, this.mix, this.speed);
  }

  assign(callerChannelId: string, script: CallScript): void {
    this.#byCaller.set(callerChannelId, script);
  }

  of(callerChannelId: string): CallScript | undefined {
    return this.#byCaller.get(callerChannelId);
  }

  forget(callerChannelId: string): void {
    this.#byCaller.delete(callerChannelId);
  }
}
