import type { Span } from './chance.js';

/**
 * How callers and agents behave. Spans are in people's time: the simulation divides them by its
 * speed. Probabilities are of each call, or of each time that a telephone rings.
 */
export interface BehaviourMix {
  /** How long a caller waits, the ringing of agents included, before hanging up. */
  readonly patience: Span;
  readonly talk: Span;
  /** That the caller, and not the agent, ends the talk. */
  readonly callerHangsUpFirst: number;
  /** That the caller puts the agent on hold (re-INVITE), and for how long. */
  readonly callerHolds: number;
  /** That the agent's telephone puts the caller on hold (re-INVITE). */
  readonly agentHolds: number;
  readonly holdFor: Span;
  /** That the agent sends the caller on with a REFER. */
  readonly agentTransfers: number;
  /** Where to; each equally likely. */
  readonly transferTargets: readonly string[];
  /** That the caller presses a few keys while talking. */
  readonly callerPressesKeys: number;
  /** How an agent's telephone answers, by weight. */
  readonly phone: Readonly<Record<PhoneReaction, number>>;
  readonly ringFor: Span;
  /** How long a telephone that is answered waits to be joined with somebody before it hangs up. */
  readonly agentWaits: Span;
  /** That an agent ends the wrap-up early, and after how long. */
  readonly endsWrapUpEarly: number;
  readonly wrapUp: Span;
  /** Time between two pauses of an agent, and their length. */
  readonly pauseEvery: Span;
  readonly pauseFor: Span;
}

export type PhoneReaction = 'answers' | 'busy' | 'no-answer' | 'refuses' | 'unreachable';

const seconds = (n: number): number => n * 1000;

/** A service line of an ordinary day: three minutes of talk, a minute and a half of patience. */
export const ORDINARY_DAY: BehaviourMix = {
  patience: { kind: 'exponential', meanMs: seconds(90) },
  talk: { kind: 'log-normal', medianMs: seconds(150), sigma: 0.6 },
  callerHangsUpFirst: 0.6,
  callerHolds: 0.04,
  agentHolds: 0.12,
  holdFor: { kind: 'uniform', leastMs: seconds(10), mostMs: seconds(60) },
  agentTransfers: 0.06,
  transferTargets: ['9103'],
  callerPressesKeys: 0.05,
  phone: { answers: 90, busy: 3, 'no-answer': 4, refuses: 2, unreachable: 1 },
  ringFor: { kind: 'log-normal', medianMs: seconds(4), sigma: 0.5 },
  agentWaits: { kind: 'fixed', ms: seconds(120) },
  endsWrapUpEarly: 0.5,
  wrapUp: { kind: 'exponential', meanMs: seconds(20) },
  pauseEvery: { kind: 'exponential', meanMs: seconds(3600) },
  pauseFor: { kind: 'uniform', leastMs: seconds(60), mostMs: seconds(600) },
};

/** How fast people live in the showcase, and how many calls come in a second of the clock: about 1,000 in 90 s for a dozen agents. */
const SHOWCASE = { speed: 200, callsPerSecond: 11.5 } as const;

/** Numbers, speed and mix of a lively demonstration with two queues and a dozen agents: every kind of call within seconds. */
export const showcase = (numbers: readonly string[]): { numbers: { number: string; callsPerHour: number }[]; speed: number; mix: Partial<BehaviourMix> } => ({
  numbers: numbers.map((number) => ({ number, callsPerHour: (SHOWCASE.callsPerSecond * 3600) / SHOWCASE.speed / numbers.length })),
  speed: SHOWCASE.speed,
  // The engine's own work is not faster than life: people wait a little longer for it.
  mix: { patience: { kind: 'exponential', meanMs: seconds(300) }, talk: { kind: 'log-normal', medianMs: seconds(100), sigma: 0.5 }, pauseEvery: { kind: 'exponential', meanMs: seconds(6000) } },
});
