import type { Command } from '../../kernel/command.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { UncodedEvent } from './event-log.js';
import { type AnyDecider, decideInto, nextRevision, type StreamState } from './stream-state.js';

/** A command that is to be carried out because of an event. */
export interface FollowUp {
  readonly decider: AnyDecider;
  readonly stream: string;
  readonly command: Command;
}

/**
 * What follows from an event at once, purely: the commands that processes would issue after it, with the ids
 * that they would give them. The event is not recorded yet: its position is 0n and `recordedAt` empty.
 */
export type FollowUps = (event: RecordedEvent) => readonly FollowUp[];

/** A stream that the chain may write to, nobody else deciding on it meanwhile. */
export interface ChainLink {
  readonly decider: AnyDecider;
  readonly stream: string;
  readonly cached: StreamState | undefined;
}

interface Step<Link> {
  readonly link: Link;
  readonly command: Command;
  readonly expected: bigint | 'no_stream';
  readonly events: readonly UncodedEvent[];
}

export interface Chain<Link> {
  readonly steps: readonly Step<Link>[];
  /** What each stream is after the chain. */
  readonly states: ReadonlyMap<Link, StreamState>;
}

/** A command that somebody waits for, and what is to follow from it. */
export interface FirstCommand {
  readonly command: Command;
  readonly followUps: FollowUps | undefined;
}

const MOST_STEPS = 16;

/**
 * Decides the commands that wait for a stream and all that follows from them, each on what the one before
 * leaves, without waiting for any of it to be recorded. Undefined where that cannot be done here and now (a
 * stream is in use or not in memory, somebody refuses, a command was carried out before): then nothing has
 * happened, and each step goes its own way.
 */
export const decideChain = <Link extends ChainLink>(link: Link, commands: readonly FirstCommand[], borrow: (followUp: FollowUp) => Link | undefined): Chain<Link> | undefined => {
  const steps: Step<Link>[] = [];
  const states = new Map<Link, StreamState>();
  const links = new Map<string, Link>([[link.stream, link]]);
  const waiting: ({ readonly link: Link } & FirstCommand)[] = commands.map((first) => ({ link, ...first }));
  const decided = new Set<string>();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { link: at, command, followUps } = next;
    const { commandId } = command.meta;
    const state = states.get(at) ?? (at.cached === undefined ? undefined : { ...at.cached });
    if (state === undefined || state.commands.has(commandId) || decided.has(commandId) || steps.length === MOST_STEPS) return undefined;
    decided.add(commandId);
    states.set(at, state);
    const expected = state.revision;
    let events: UncodedEvent[];
    try {
      events = decideInto(at.decider, state, command);
    } catch {
      return undefined;
    }
    if (events.length === 0) return undefined;
    const firstRevision = nextRevision(state);
    state.revision = firstRevision + BigInt(events.length - 1);
    state.eventsSinceSnapshot += events.length;
    steps.push({ link: at, command, expected, events });
    if (followUps === undefined) continue;
    for (const [index, event] of events.entries()) {
      for (const followUp of followUps({ ...event, schemaVersion: 0, stream: at.stream, revision: firstRevision + BigInt(index), position: 0n, recordedAt: '' })) {
        const other = links.get(followUp.stream) ?? borrow(followUp);
        if (other === undefined) return undefined;
        links.set(followUp.stream, other);
        waiting.push({ link: other, command: followUp.command, followUps });
      }
    }
  }
  return { steps, states };
};
