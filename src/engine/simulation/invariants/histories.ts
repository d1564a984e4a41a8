import type { RecordedEvent } from '../../../kernel/event.js';
import { categoryOf, idOf } from '../../../kernel/streams.js';
import type { EventLog } from '../../../platform/event-store/event-log.js';
import type { AgentShiftEvent } from '../../../routing/contract/routing-events.js';
import type { Recorded } from '../../../kernel/event.js';
import type { CallEvent } from '../../../telephony/contract/call-events.js';

const PAGE = 2_000;

/** Everything in the log, decoded, in order. */
export const wholeLog = async (log: EventLog): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for (;;) {
    const page = await log.store.readAll({ after: events.at(-1)?.position ?? 0n, maxCount: PAGE });
    events.push(...(await log.decode(page)));
    if (page.length < PAGE) return events;
  }
};

export interface Histories {
  /** Events of each call, by its id. */
  readonly calls: ReadonlyMap<string, readonly Recorded<CallEvent>[]>;
  /** Events of each shift, by its id. */
  readonly shifts: ReadonlyMap<string, readonly Recorded<AgentShiftEvent>[]>;
}

export const historiesOf = (events: readonly RecordedEvent[]): Histories => {
  const calls = new Map<string, Recorded<CallEvent>[]>();
  const shifts = new Map<string, Recorded<AgentShiftEvent>[]>();
  const add = <E>(to: Map<string, E[]>, id: string, event: E): void => void (to.get(id)?.push(event) ?? to.set(id, [event]));
  for (const event of events) {
    if (categoryOf(event.stream) === 'call') add(calls, idOf(event.stream), event as Recorded<CallEvent>);
    if (categoryOf(event.stream) === 'agentShift') add(shifts, idOf(event.stream), event as Recorded<AgentShiftEvent>);
  }
  return { calls, shifts };
};

/** Says what does not pair up: each key opened once, and closed once unless it may stay open. */
export class Pairs {
  private readonly opened = new Map<string, number>();
  private readonly closed = new Map<string, number>();

  constructor(private readonly what: string) {}

  open(key: string): void {
    this.opened.set(key, (this.opened.get(key) ?? 0) + 1);
  }

  close(key: string): void {
    this.closed.set(key, (this.closed.get(key) ?? 0) + 1);
  }

  broken(mayStayOpen = false): string[] {
    const found: string[] = [];
    for (const [key, times] of this.opened) {
      const ends = this.closed.get(key) ?? 0;
      if (times > 1) found.push(`${this.what} ${key} begins ${times} times`);
      if (ends > 1) found.push(`${this.what} ${key} ends ${ends} times`);
      if (ends === 0 && !mayStayOpen) found.push(`${this.what} ${key} never ends`);
    }
    for (const key of this.closed.keys()) if (!this.opened.has(key)) found.push(`${this.what} ${key} ends and never began`);
    return found;
  }
}
