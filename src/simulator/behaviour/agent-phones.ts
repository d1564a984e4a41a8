import type { Clock, Random, Timer } from '../../kernel/clock.js';
import type { Dialled, FarEnd, Line } from '../switch/far-end.js';
import type { CallScripts } from './call-scripts.js';
import { drawSpan, pick } from './chance.js';
import type { BehaviourMix } from './mix.js';

export interface AgentPhonesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly scripts: CallScripts;
  readonly extensions: readonly string[];
  readonly mix: BehaviourMix;
  readonly speed: number;
  /** A contact with a caller is over: the agent starts to wrap up. */
  readonly onContactOver?: (extension: string) => void;
}

/** The telephones of the agents: `user/<extension>` rings, and answers or not. */
export class AgentPhones {
  /** Extensions with a call on them, ringing ones included. */
  readonly #engaged = new Set<string>();

  constructor(private readonly options: AgentPhonesOptions) {}

  /** Whether somebody has this telephone. */
  has(extension: string): boolean {
    return this.options.extensions.includes(extension);
  }

  dial(extension: string): Dialled {
    const { random, mix } = this.options;
    if (!this.has(extension)) return { kind: 'nothing', cause: 'SUBSCRIBER_ABSENT' };
    const channelName = `sofia/internal/${extension}@192.0.2.50:5060`;
    const reaction = pick(random, mix.phone);
    if (reaction === 'unreachable') return { kind: 'unreachable', channelName, destination: extension, cause: 'NORMAL_TEMPORARY_FAILURE' };
    return { kind: 'telephone', channelName, destination: extension, address: '192.0.2.50', farEnd: this.#telephone(extension, reaction) };
  }

  #telephone(extension: string, reaction: 'answers' | 'busy' | 'no-answer' | 'refuses'): FarEnd {
    const { clock, random, scripts, mix, speed } = this.options;
    const timers: Timer[] = [];
    const later = (ms: number, deed: () => void): void => void timers.push(clock.after(ms, deed));
    let waiting: Timer | undefined;
    let mine = false;
    let talked = false;
    const ringMs = drawSpan(random, mix.ringFor) / speed;
    return {
      invited: (line) => {
        if (this.#engaged.has(extension) || reaction === 'busy') {
          later(Math.min(ringMs, 50), () => line.refuse(486));
          return;
        }
        this.#engaged.add(extension);
        mine = true;
        line.ring();
        if (reaction === 'answers') later(ringMs, () => line.answer());
        else if (reaction === 'refuses') later(ringMs, () => line.refuse(603));
      },
      answered: (line) => {
        waiting = clock.after(drawSpan(random, mix.agentWaits) / speed, () => line.hangUp());
      },
      bridged: (line, callerChannelId) => {
        waiting?.cancel();
        if (talked) return;
        talked = true;
        this.#play(line, scripts.of(callerChannelId), later);
      },
      ended: () => {
        waiting?.cancel();
        for (const timer of timers) timer.cancel();
        if (mine) this.#engaged.delete(extension);
        if (talked) this.options.onContactOver?.(extension);
      },
    };
  }

  #play(line: Line, script: ReturnType<CallScripts['of']>, later: (ms: number, deed: () => void) => void): void {
    if (!script) return;
    if (script.endedBy === 'agent') {
      const { transferTo } = script;
      later(script.talkMs, () => (transferTo ? line.refer(transferTo) : line.hangUp()));
    }
    if (script.hold?.by === 'agent') {
      later(script.hold.afterMs, () => line.hold());
      later(script.hold.afterMs + script.hold.forMs, () => line.resume());
    }
  }
}
