import type { Json, RecordedEvent } from '../../kernel/event.js';
import type { TimerCommand } from './timers.js';

/** A deed that was asked for and has no result yet. */
export interface Effect<Request> {
  /** The effect's key, the same at every attempt. */
  readonly id: string;
  /** Deeds of one lane have their turns in the order in which they were asked for. */
  readonly lane: string;
  readonly guarantee: 'keyed' | 'probed' | 'at-most-once';
  /** After this a deed that was not begun is not begun any more. */
  readonly deadlineAt: string;
  /** undefined: what was asked for cannot be known any more (the person behind it was erased). */
  readonly request: Request | undefined;
}

/** `detail` is for people; `data` is what the command that settles the effect needs to know besides. */
export type Outcome = { readonly outcome: 'succeeded' | 'failed' | 'unknown'; readonly detail: string; readonly data?: Json };

/** What is found when an effect is asked about that may have happened: its outcome, or that doing it (again) is right. */
export type Probe = Outcome | 'perform';

/**
 * One kind of deed outside: how it is asked for, started and settled in the log, and how it is done.
 * `perform` and `probe` may throw: then the outcome of a deed is unknown.
 */
export interface EffectKind<Request> {
  readonly name: string;
  readonly requestedType: string;
  /** Of deeds that are done at most once. */
  readonly startedType?: string;
  readonly settledTypes: readonly string[];
  /** When the turn of a deed is over: as soon as it has `begun`, where the outside keeps the order of what it was given; else once it is `done`. */
  readonly turnEnds: 'begun' | 'done';
  effectOf(requested: RecordedEvent): Effect<Request>;
  /** Id of the effect that a started or settled event is about. */
  idOf(event: RecordedEvent): string;
  /** Whether this process is the one to do it, and can. */
  isReady(request: Request): boolean;
  perform(request: Request, effect: Effect<Request>): Promise<Outcome>;
  probe(request: Request, effect: Effect<Request>): Promise<Probe>;
  /** Of deeds that are done at most once. A deed whose start is refused is not done: it has failed. */
  startCommand?(effect: Effect<Request>, stream: string): TimerCommand;
  settleCommand(effect: Effect<Request>, stream: string, outcome: Outcome): TimerCommand;
}
