import type { StoredEvent, SubscriptionMessage } from './event-store.port.js';

/** A look at the log after a position: what matched, how far it went, and whether that was the end. */
export interface LogPage {
  readonly events: readonly StoredEvent[];
  /** Every event up to this position is in `events` or was filtered out. */
  readonly scannedTo: bigint;
  readonly atEnd: boolean;
}

export interface FollowOptions {
  readonly after: bigint;
  readonly signal: AbortSignal;
  /** Reads on after a position; recovers by itself from what can pass. */
  readonly read: (after: bigint) => Promise<LogPage>;
  /** Waits until there may be more than up to the position, or until the signal. */
  readonly more: (position: bigint) => Promise<void>;
  /** See SubscribeOptions.seen. */
  readonly seen?: (() => bigint) | undefined;
}

/** Turns of the microtask queue between a store's hearing of an append and its writer's hearing of it. */
const TURNS = 12;

/** Turns pages into a subscription: catches up, says so, and follows until the signal ends it. */
export async function* followLog({ after, signal, read, more, seen }: FollowOptions): AsyncGenerator<SubscriptionMessage, void, undefined> {
  let position = after;
  let live = false;
  while (!signal.aborted) {
    let page: LogPage;
    try {
      page = await read(position);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    if (signal.aborted) return;
    const delivered = page.events.at(-1)?.position ?? position;
    if (page.events.length > 0) yield { kind: 'events', events: page.events };
    if (page.scannedTo > delivered && !signal.aborted) yield { kind: 'checkpoint', position: page.scannedTo };
    if (page.scannedTo > position) position = page.scannedTo;
    if (!page.atEnd) {
      live = false;
      continue;
    }
    if (!live && !signal.aborted) {
      live = true;
      yield { kind: 'caughtUp' };
    }
    for (let known: bigint | undefined = position; known !== undefined && !signal.aborted; known = seen && (await seenBeyond(seen, position))) {
      position = known;
      await more(position);
    }
  }
}

/** What the subscriber got elsewhere in the meantime, undefined if nothing. */
const seenBeyond = async (seen: () => bigint, position: bigint): Promise<bigint | undefined> => {
  for (let turn = 0; turn < TURNS && seen() <= position; turn += 1) await Promise.resolve();
  const known = seen();
  return known > position ? known : undefined;
};
