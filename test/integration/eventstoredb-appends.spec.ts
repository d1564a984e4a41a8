import { status } from '@grpc/grpc-js';
import { jest } from '@jest/globals';
import { sleep } from '../../src/kernel/clock.js';
import {
  AppendTooLarge,
  EventStoreUnavailable,
  InvalidEvent,
  StreamDeleted,
  WrongExpectedRevision,
  type ExpectedRevision,
} from '../../src/platform/event-store/event-store.port.js';
import { EventStoreAccessDenied } from '../../src/platform/event-store/eventstoredb/errors.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { freshStream, idsOf, newEvent, newEvents, Tail } from '../contract/event-store/fixtures.js';
import { adaptersUnderTest, eventually } from '../support/eventstoredb/adapter-under-test.js';
import type { AppendFault } from '../support/eventstoredb/stand-in-faults.js';

const { standIn: startStandIn, store: storeOf, closeAll } = adaptersUnderTest();
jest.setTimeout(60_000);
afterEach(closeAll);

/** What a stream holds in the server's own log. */
const idsOnServer = (standIn: Awaited<ReturnType<typeof startStandIn>>, stream: string): string[] =>
  standIn.log.entries.filter((entry) => entry.stream === stream).map(({ id }) => id);

const LOSSES: readonly [string, AppendFault][] = [
  ['ends the stream after the commit', { commit: true, answer: 'stream-ends' }],
  ['ends the stream before the commit', { commit: false, answer: 'stream-ends' }],
  ['fails after the commit', { commit: true, answer: 'stream-fails' }],
  ['fails before the commit', { commit: false, answer: 'stream-fails' }],
  ['cancels after the commit', { commit: true, answer: 'stream-fails', code: status.CANCELLED }],
  ['fails for an unknown reason after the commit', { commit: true, answer: 'stream-fails', code: status.UNKNOWN }],
  ['exceeds its deadline after the commit', { commit: true, answer: 'stream-fails', code: status.DEADLINE_EXCEEDED }],
  ['commits and never answers', { commit: true, answer: 'never' }],
  ['neither commits nor answers', { commit: false, answer: 'never' }],
  ['answers after we have given up waiting', { commit: true, answer: 'late', delayMs: 550 }],
  ['commits so late that the retry comes first', { commit: false, answer: 'late', delayMs: 550 }],
  ['answers twice', { commit: true, answer: 'twice' }],
  ['is not ready', { commit: false, answer: 'not-ready' }],
];

describe('requirement 1: an append is written exactly once, whatever happens to its answer', () => {
  describe.each(LOSSES)('where the server %s', (_what, fault) => {
    test.each<[string, ExpectedRevision, boolean]>([
      ['no_stream', 'no_stream', false],
      ['a revision', 0n, false],
      ['any', 'any', false],
      ['stream_exists', 'stream_exists', false],
      ['a revision, by Append', 0n, true],
      ['any, by Append', 'any', true],
    ])('expecting %s', async (_name, expected, single) => {
      const standIn = await startStandIn();
      standIn.faults.hidesBatchAppend = single;
      const store = storeOf(standIn, { appendTimeoutMs: 400 });
      const stream = freshStream();
      const before = expected === 'no_stream' ? [] : newEvents(1);
      if (before.length > 0) await store.append(stream, 'no_stream', before);
      const [events, after] = [newEvents(3), newEvent()];

      standIn.faults.nextAppends(fault);
      const result = await store.append(stream, expected, events);

      expect(result.revision).toBe(BigInt(before.length) + 2n);
      await store.append(stream, result.revision, [after]);
      if (fault.delayMs !== undefined) await sleep(systemClock, fault.delayMs);
      const stored = await store.readStream(stream);
      expect(idsOf(stored)).toEqual(idsOf([...before, ...events, after]));
      expect(stored.at(-2)?.position).toBe(result.position);
      expect(idsOnServer(standIn, stream)).toEqual(idsOf(stored));
    });
  });

  test('a server that never answers: unavailable after our own time, and the same append succeeds later', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn, { appendTimeoutMs: 100, retryForMs: 500 });
    const stream = freshStream();
    const events = newEvents(2);
    standIn.faults.nextAppends({ commit: true, answer: 'never' });
    standIn.faults.nextAppends({ commit: false, answer: 'never' }, 100);
    await expect(store.append(stream, 'no_stream', events)).rejects.toThrow(EventStoreUnavailable);
    while (standIn.faults.takeAppendFault() !== undefined);
    expect((await store.append(stream, 'no_stream', events)).revision).toBe(1n);
    expect(idsOnServer(standIn, stream)).toEqual(idsOf(events));
  });

  test('a server that is not ready is asked again until it is', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    await store.append(freshStream(), 'any', newEvents(1));
    standIn.faults.ready = false;
    const stream = freshStream();
    const append = store.append(stream, 'no_stream', newEvents(1));
    await sleep(systemClock, 300);
    expect(idsOnServer(standIn, stream)).toEqual([]);
    standIn.faults.ready = true;
    expect((await append).revision).toBe(0n);
  });

  test('an append that goes on over a restart, which forgets recent ids, is not doubled: the retry names a revision', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn, { appendTimeoutMs: 400 });
    const stream = freshStream();
    await store.append(stream, 'any', newEvents(1));
    const events = newEvents(2);
    standIn.faults.nextAppends({ commit: true, answer: 'never' });
    const append = store.append(stream, 'any', events);
    await eventually('the append is written', () => idsOnServer(standIn, stream).length === 3);
    await standIn.restart();
    expect((await append).revision).toBe(2n);
    expect(idsOnServer(standIn, stream)).toHaveLength(3);

    standIn.faults.nextAppends({ commit: false, answer: 'stream-fails' });
    await store.append(stream, 'any', newEvents(1));
    expect(standIn.appendCounts.expected.at(-1)).toBe(2n);
  });

  test('a wrong revision after a retry is no conflict where the events after it are ours', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    const stream = freshStream();
    const events = newEvents(2);
    standIn.faults.nextAppends({ commit: true, answer: 'stream-fails' });
    standIn.faults.nextAppends({ commit: false, answer: 'wrong-revision' });
    const { revision, position } = await store.append(stream, 'no_stream', events);
    expect(revision).toBe(1n);
    expect((await store.readStream(stream)).at(-1)?.position).toBe(position);
  });

  test("a wrong revision after a retry is a conflict where they are somebody else's", async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn, { appendTimeoutMs: 400 });
    const stream = freshStream();
    standIn.faults.nextAppends({ commit: false, answer: 'never' });
    const append = store.append(stream, 'no_stream', newEvents(2));
    const others = newEvents(1);
    const other = storeOf(standIn);
    await eventually('the append is lost', () => standIn.appendCounts.batched === 1);
    await other.append(stream, 'no_stream', others);
    await expect(append).rejects.toMatchObject({ name: 'WrongExpectedRevision', expected: 'no_stream', actual: 0n });
    await expect(append).rejects.toBeInstanceOf(WrongExpectedRevision);
    expect(idsOnServer(standIn, stream)).toEqual(idsOf(others));
  });

  test('an error of the one stream that carries all appends is felt by all of them, and none is lost or doubled', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn, { appendTimeoutMs: 400 });
    const appends = Array.from({ length: 60 }, () => ({ stream: freshStream(), events: newEvents(2, { data: { text: 'x'.repeat(60_000) } }) }));
    const committed = { commit: true, answer: 'stream-fails' } as const;
    for (const fault of [committed, { ...committed, commit: false }, { commit: true, answer: 'stream-ends' } as const]) {
      standIn.faults.nextAppends({ commit: true, answer: 'never' }, 5);
      standIn.faults.nextAppends(fault);
    }
    const results = await Promise.all(appends.map(({ stream, events }) => store.append(stream, 'no_stream', events)));
    expect(results.map(({ revision }) => revision)).toEqual(appends.map(() => 1n));
    for (const { stream, events } of appends) expect(idsOnServer(standIn, stream)).toEqual(idsOf(events));
  });

  test('one client serves all stores of the process', async () => {
    const standIn = await startStandIn();
    const stores = [storeOf(standIn), storeOf(standIn), storeOf(standIn)];
    for (const store of stores) await store.append(freshStream(), 'no_stream', newEvents(1));
    expect(standIn.openAppendStreams).toBe(1);
    await stores[0]?.close();
    await stores[1]?.append(freshStream(), 'no_stream', newEvents(1));
    expect(standIn.openAppendStreams).toBe(1);
  });

  test('what cannot be written or is nothing to write is never sent', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    const bigint = { n: 1n } as unknown as { n: number };
    await expect(store.append(freshStream(), 'any', [newEvent({ data: bigint })])).rejects.toThrow(InvalidEvent);
    await expect(store.append(freshStream(), 'any', [newEvent({ data: 'x'.repeat(2 ** 20) })])).rejects.toThrow(AppendTooLarge);
    await expect(store.append('log-identity', 'any', newEvents(1))).rejects.toThrow(InvalidEvent);
    expect(await store.append(freshStream(), 'no_stream', [])).toEqual({ revision: -1n, position: 0n });
    expect(standIn.appendCounts).toMatchObject({ batched: 0, single: 0 });
  });

  test('a server that counts more of an event than we do says so, and that is final', async () => {
    const standIn = await startStandIn();
    standIn.log.countsWholeEvents = true;
    const store = storeOf(standIn);
    const [event] = newEvents(1, { data: '' });
    if (event === undefined) throw new Error('no event');
    const rest = 2 + JSON.stringify(event.metadata).length + 2 * event.type.length;
    const full = { ...event, data: 'x'.repeat(2 ** 20 - rest) };
    await expect(store.append(freshStream(), 'any', [full])).rejects.toThrow(AppendTooLarge);
    expect(standIn.appendCounts.batched).toBe(1);
  });

  test('a stream that was deleted for good takes no more, and that is final', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    const stream = freshStream();
    await store.append(stream, 'no_stream', newEvents(1));
    standIn.log.tombstone(stream, 'any');
    await expect(store.append(stream, 0n, newEvents(1))).rejects.toThrow(StreamDeleted);
    await expect(store.readStream(stream)).rejects.toThrow(StreamDeleted);
    expect(standIn.appendCounts.batched).toBe(2);
  });

  test('a follower sends us to the leader', async () => {
    const leader = await startStandIn();
    const follower = await startStandIn(leader.log);
    follower.faults.leader = leader.endpoint;
    const store = storeOf(follower);
    const stream = freshStream();
    expect((await store.append(stream, 'no_stream', newEvents(1))).revision).toBe(0n);
    expect(await store.readStream(stream)).toHaveLength(1);
    expect(leader.appendCounts.batched).toBe(1);
    expect(follower.appendCounts.expected).toEqual([]);
  });
});

describe('requirement 9: what the server supports is asked with a time limit', () => {
  test.each<['never' | status]>([['never'], [status.INTERNAL], [status.UNAVAILABLE], [status.PERMISSION_DENIED]])(
    'an answer of %s: unavailable in time, and well again when the server is',
    async (answer) => {
      const standIn = await startStandIn();
      standIn.faults.featuresAnswer = answer;
      const store = storeOf(standIn, { appendTimeoutMs: 500, retryForMs: 600 });
      const stream = freshStream();
      const events = newEvents(1);
      await expect(store.append(stream, 'no_stream', events)).rejects.toThrow(EventStoreUnavailable);
      standIn.faults.featuresAnswer = undefined;
      expect((await store.append(stream, 'no_stream', events)).revision).toBe(0n);
      expect(standIn.appendCounts.batched).toBe(1);
    },
  );

  test('a server without the question is served with Append', async () => {
    const standIn = await startStandIn();
    standIn.faults.featuresAnswer = status.UNIMPLEMENTED;
    const store = storeOf(standIn);
    await store.append(freshStream(), 'no_stream', newEvents(1));
    expect(standIn.appendCounts).toMatchObject({ batched: 0, single: 1 });
  });
});

describe('requirement 11: access', () => {
  test('refused credentials are final and say what to check', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    standIn.faults.nextAppends({ commit: false, answer: 'stream-fails', code: status.PERMISSION_DENIED }, 2);
    const append = store.append(freshStream(), 'no_stream', newEvents(1));
    await expect(append).rejects.toThrow(EventStoreAccessDenied);
    await expect(append).rejects.toThrow(/user and password/);
    standIn.faults.nextReads(status.UNAUTHENTICATED);
    await expect(store.readStream(freshStream())).rejects.toThrow(EventStoreAccessDenied);
    expect(standIn.appendCounts.batched).toBe(1);
  });

  test('credentials on a connection without TLS are left out, as the client does, and do no harm', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn, { connectionString: standIn.connectionString.replace('esdb://', 'esdb://admin:changeit@') });
    const stream = freshStream();
    await store.append(stream, 'no_stream', newEvents(1));
    expect(await store.readStream(stream)).toHaveLength(1);
  });
});

describe('requirement 12: closing', () => {
  test('waits for the append under way, ends every call, and lets the next store begin anew', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn);
    const stream = freshStream();
    await store.append(stream, 'no_stream', newEvents(1));
    const tail = new Tail(store, 0n);
    await tail.until(({ hasCaughtUp }) => hasCaughtUp);
    standIn.faults.nextAppends({ commit: true, answer: 'late', delayMs: 150 });
    const append = store.append(stream, 0n, newEvents(1));
    await store.close();
    expect((await append).revision).toBe(1n);
    await tail.until(({ hasEnded }) => hasEnded);
    await tail.stop();
    await eventually('no call is open', () => standIn.openReads === 0 && standIn.openAppendStreams === 0);
    await expect(store.append(stream, 1n, newEvents(1))).rejects.toThrow(EventStoreUnavailable);
    expect(await storeOf(standIn).readStream(stream)).toHaveLength(2);
  });

  test('does not wait for ever for a server that does not answer', async () => {
    const standIn = await startStandIn();
    const store = storeOf(standIn, { appendTimeoutMs: 400 });
    standIn.faults.nextAppends({ commit: false, answer: 'never' }, 100);
    const append = store.append(freshStream(), 'no_stream', newEvents(1));
    const outcome = expect(append).rejects.toThrow(EventStoreUnavailable);
    await store.close();
    await outcome;
  });
});
