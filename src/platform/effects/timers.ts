import type { RecordedEvent } from '../../kernel/event.js';

/** What happens when a timer is due: a command to a stream, by the actor `timer`. Its id is made from key and due time. */
export interface TimerCommand {
  readonly stream: string;
  readonly type: string;
  readonly data: unknown;
}

export type TimerChange =
  | { readonly set: string; readonly dueAt: string; readonly command: TimerCommand }
  | { readonly cancel: string };

/** Which timers an event sets and cancels, purely. A key set again replaces the timer before. */
export interface TimerRule {
  readonly name: string;
  readonly eventTypes: readonly string[];
  timersOf(event: RecordedEvent): readonly TimerChange[];
}
