import { status } from '@grpc/grpc-js';
import { sleep } from '../../../src/kernel/clock.js';
import { EventStoreUnavailable, WrongExpectedRevision, type EventStore, type ExpectedRevision, type NewEvent } from '../../../src/platform/event-store/event-store.port.js';
import { EventStoreDbEventStore } from '../../../src/platform/event-store/eventstoredb/eventstoredb.event-store.js';
import { systemClock } from '../../../src/platform/time/system-clock.js';
import { systemRandom } from '../../../src/platform/time/system-random.js';
import { freshStream, idsOf, newEvents } from '../../contract/event-store/fixtures.js';
import { EventStoreStandIn } from '../eventstoredb-stand-in.js';
import { seededRandom } from '../seeded-random.js';
import type { AppendFault } from './stand-in-faults.js';

/*
 * A program of its own, because only there an unhandled rejection ends the process as it would in
 * production: writers and readers on a node where everything goes wrong by chance.
 * Argument: the seed. Prints one line of JSON and ends by itself.
 */

const WRITERS = 6;
const APPENDS = 15;
const seed = Number(process.argv[2]);
const { next: random } = seededRandom(seed);
const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;

const CODES = [status.UNAVAILABLE, status.CANCELLED, status.ABORTED, status.UNKNOWN, status.INTERNAL, status.DEADLINE_EXCEEDED];

const standIn = await EventStoreStandIn.start();
const store = new EventStoreDbEventStore({
  connectionString: standIn.connectionString,
  clock: systemClock,
  random: systemRandom,
  appendTimeoutMs: 200,
  readTimeoutMs: 1_000,
  retryForMs: 2_000,
  featuresTimeoutMs: 200,
  livenessMs: 200,
  caughtUpMs: 200,
});
const counts = { faults: 0, unavailable: 0, conflicts: 0 };
let writing = true;

const appendFault = (): AppendFault => ({
  commit: random() < 0.5,
  answer: pick(['never', 'twice', 'late', 'stream-ends', 'stream-fails', 'not-ready']),
  delayMs: random() * 400,
  code: pick(CODES),
});

const makeTrouble = async (): Promise<void> => {
  while (writing) {
    await sleep(systemClock, random() * 60);
    counts.faults++;
    const kind = random();
    if (kind < 0.6) {
      // Not faster than they are met, or nothing would ever be written.
      if (standIn.faults.pendingAppendFaults === 0) standIn.faults.nextAppends(appendFault(), 1 + Math.floor(random() * 2));
    } else if (kind < 0.75) standIn.faults.nextReads(pick(CODES));
    else if (kind < 0.9) for (const subscription of standIn.subscriptions) pick([() => subscription.endCleanly(), () => subscription.mute(), () => subscription.fail(pick(CODES), 'by chance')])();
    else if (kind < 0.95) standIn.faults.hidesBatchAppend = !standIn.faults.hidesBatchAppend;
    else if (kind < 0.98) await standIn.restart();
    else {
      standIn.faults.ready = false;
      await sleep(systemClock, 60);
      standIn.faults.ready = true;
    }
  }
  while (standIn.faults.takeAppendFault() !== undefined);
  while (standIn.faults.takeReadFailure() !== undefined);
};

/** Appends until it is certain that it is written: what is unavailable is sent again, as it is. */
const appendSurely = async (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<bigint> => {
  for (;;) {
    try {
      return (await store.append(stream, expected, events)).revision;
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable)) throw error;
      counts.unavailable++;
    }
  }
};

const written = new Map<string, string[]>();
const hot = freshStream('hot');
const hotIds: string[] = [];

const write = async (): Promise<void> => {
  const stream = freshStream('own');
  const ids: string[] = [];
  written.set(stream, ids);
  let end: bigint | 'no_stream' = 'no_stream';
  for (let i = 0; i < APPENDS; i++) {
    const own = newEvents(1 + Math.floor(random() * 4), { data: { text: 'x'.repeat(random() * 20_000) } });
    end = await appendSurely(stream, end, own);
    ids.push(...idsOf(own));
    const shared = newEvents(2);
    let expected: bigint | 'no_stream' = 'no_stream';
    for (;;) {
      try {
        await appendSurely(hot, expected, shared);
        hotIds.push(...idsOf(shared));
        break;
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) throw error;
        counts.conflicts++;
        expected = error.actual;
      }
    }
  }
};

const follow = async (reader: EventStore, stop: AbortSignal, seen: string[]): Promise<void> => {
  for await (const message of reader.subscribeToAll({ after: 0n, signal: stop })) {
    if (message.kind !== 'events') continue;
    if (random() < 0.2) await sleep(systemClock, random() * 20);
    seen.push(...idsOf(message.events));
  }
};

const stop = new AbortController();
const seen: string[] = [];
const following = follow(store, stop.signal, seen);
const trouble = makeTrouble();
await Promise.all(Array.from({ length: WRITERS }, write));
writing = false;
await trouble;

const log = standIn.log.entries.filter(({ stream }) => stream.startsWith('own-') || stream === hot);
const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((id, i) => id === b[i]);
const giveUpAt = systemClock.now() + 20_000;
while (seen.length < log.length && systemClock.now() < giveUpAt) await sleep(systemClock, 20);
const read = await store.readAll({ maxCount: 1_000_000 });
stop.abort();
await following;
await store.close();
await standIn.stop();
const inStream = (stream: string): string[] => log.filter((entry) => entry.stream === stream).map(({ id }) => id);
console.log(
  JSON.stringify({
    ...counts,
    events: log.length,
    streamsExact: [...written].every(([stream, ids]) => same(inStream(stream), ids)) && same(inStream(hot).sort(), hotIds.sort()),
    readExact: same(idsOf(read), idsOf(log)),
    subscriptionExact: same(seen, idsOf(log)),
    openReads: standIn.openReads,
  }),
);
