import type { Command, CommandMeta } from '../../src/kernel/command.js';
import type { Decider } from '../../src/kernel/decider.js';
import { DomainError } from '../../src/kernel/errors.js';
import type { DomainEvent } from '../../src/kernel/event.js';

export const NOW = '2026-01-01T12:00:00.000Z';

/** `seconds` after (or before) NOW, ISO 8601 UTC. */
export const inSeconds = (seconds: number): string => new Date(Date.parse(NOW) + Math.round(seconds * 1000)).toISOString();

export const metaAt = (at: string, more: Partial<CommandMeta> = {}): CommandMeta => ({
  commandId: 'command', tenantId: 'acme', at, actor: { kind: 'system', id: 'test' }, correlationId: 'correlation', causationId: 'cause', ...more,
});

/** An event that happened before the test begins; at NOW unless it says otherwise. */
export const happened = <E extends DomainEvent>(seconds: number, ...events: readonly E[]): E[] => events.map((event) => ({ ...event, occurredAt: inSeconds(seconds) }));

const withoutTime = ({ type, data }: DomainEvent): DomainEvent => ({ type, data });

class Outcome<S, C extends Command, E extends DomainEvent> {
  constructor(private readonly decider: Decider<S, C, E>, private readonly state: S, private readonly command: C) {}

  /** Exactly these events. */
  then(...events: readonly E[]): void {
    this.thenState(...events);
  }

  /** As `then`, and gives the state after them. */
  thenState(...events: readonly E[]): S {
    const decided = this.decider.decide(this.command, this.state);
    expect(decided.map(withoutTime)).toEqual(events.map(withoutTime));
    for (const [index, event] of events.entries()) {
      if (event.occurredAt !== undefined) expect(decided[index]?.occurredAt ?? this.command.meta.at).toBe(event.occurredAt);
    }
    return decided.reduce((state, event) => this.decider.evolve(state, { ...event, occurredAt: event.occurredAt ?? this.command.meta.at }), this.state);
  }

  thenNothing(): void {
    expect(this.decider.decide(this.command, this.state)).toEqual([]);
  }

  thenRejects(code: string): void {
    let refusal: unknown;
    try {
      this.decider.decide(this.command, this.state);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(DomainError);
    expect((refusal as DomainError).code).toBe(code);
    expect((refusal as DomainError).message).not.toBe('');
  }
}

/** given(...events).when(command, at).then(...events) | .thenNothing() | .thenRejects(code) */
export const specify = <S, C extends Command, E extends DomainEvent>(decider: Decider<S, C, E>) => ({
  given: (...events: readonly E[]) => {
    const state = events.reduce((before, event) => decider.evolve(before, { ...event, occurredAt: event.occurredAt ?? NOW }), decider.initialState);
    return {
      state,
      when: <T extends C['type']>(type: T, data: Extract<C, { type: T }>['data'], at: string = NOW, more: Partial<CommandMeta> = {}): Outcome<S, C, E> =>
        new Outcome(decider, state, { type, data, meta: metaAt(at, more) } as unknown as C),
    };
  },
});
