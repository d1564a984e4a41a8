import { EventStoreUnavailable } from '../../../src/platform/event-store/event-store.port.js';
import { AppendQueue, type Append } from '../../../src/platform/event-store/postgres/append-queue.js';
import { prepareEvents } from '../../../src/platform/event-store/prepare-events.js';
import { newEvent } from '../../contract/event-store/fixtures.js';
import { ManualClock, settle } from '../../support/manual-clock.js';

const PASSING = new Error('away for a moment');

const append = (stream: string, size = 0, id?: string): Append => ({
  stream,
  expected: 'any',
  events: prepareEvents(stream, [newEvent({ data: 'x'.repeat(size), ...(id !== undefined && { id }) })]),
});

/** A queue whose groups are answered by hand, the stream being the outcome. */
const started = () => {
  const clock = new ManualClock();
  const groups: { streams: string[]; succeed: () => void; fail: (error: unknown) => void }[] = [];
  const queue = new AppendQueue<string>({
    clock,
    isPassing: (error) => error === PASSING,
    send: (group) => {
      const streams = group.map(({ stream }) => stream);
      return new Promise((resolve, reject) => groups.push({ streams, succeed: () => resolve(streams), fail: reject }));
    },
  });
  const sent = (): string[][] => groups.map(({ streams }) => streams);
  return { clock, queue, groups, sent };
};

describe('append queue', () => {
  test('sends what comes in one turn of the event loop as one group, and what comes while that is under way as another', async () => {
    const { queue, groups, sent } = started();
    const all = [queue.add(append('a1')), Promise.resolve().then(() => queue.add(append('a2')))];
    expect(sent()).toEqual([]);
    await settle();
    expect(sent()).toEqual([['a1', 'a2']]);
    for (const stream of ['b', 'c']) all.push(queue.add(append(stream)));
    await settle();
    expect(sent()).toEqual([['a1', 'a2']]);
    groups[0]?.succeed();
    await settle();
    expect(sent()).toEqual([['a1', 'a2'], ['b', 'c']]);
    groups[1]?.succeed();
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'b', 'c']);
  });

  test('keeps groups under 900 KiB, but sends a larger append by itself', async () => {
    const { queue, groups, sent } = started();
    void queue.add(append('first'));
    await settle();
    for (const [stream, size] of [['a', 500_000], ['b', 400_000], ['c', 100_000], ['d', 1_000_000], ['e', 10]] as const) void queue.add(append(stream, size));
    for (let i = 0; i < 4; i++) {
      groups[i]?.succeed();
      await settle();
    }
    expect(sent()).toEqual([['first'], ['a', 'b'], ['c'], ['d'], ['e']]);
  });

  test('never puts an event id twice into a group', async () => {
    const { queue, groups, sent } = started();
    const { id } = newEvent();
    for (const stream of ['a', 'b', 'c']) void queue.add(append(stream, 0, stream === 'a' || stream === 'c' ? id : undefined));
    await settle();
    groups[0]?.succeed();
    await settle();
    expect(sent()).toEqual([['a', 'b'], ['c']]);
  });

  test('after an error that can pass, sends the same again, first and in order', async () => {
    const { clock, queue, groups, sent } = started();
    const all = [queue.add(append('a'))];
    await settle();
    all.push(queue.add(append('b')));
    groups[0]?.fail(PASSING);
    await settle();
    expect(sent()).toEqual([['a']]);
    await clock.advance(1_000);
    expect(sent()).toEqual([['a'], ['a', 'b']]);
    groups[1]?.succeed();
    expect(await Promise.all(all)).toEqual(['a', 'b']);
  });

  test('gives up after ten seconds with EventStoreUnavailable, and goes on with what is younger', async () => {
    const { clock, queue, groups, sent } = started();
    const old = queue.add(append('old'));
    const given = expect(old).rejects.toThrow(EventStoreUnavailable);
    for (let i = 0; i < 9; i++) {
      groups.at(-1)?.fail(PASSING);
      await clock.advance(1_000);
    }
    const young = queue.add(append('young'));
    await clock.advance(1_000);
    groups.at(-1)?.fail(PASSING);
    await given;
    await clock.advance(1_000);
    expect(sent().at(-1)).toEqual(['young']);
    groups.at(-1)?.succeed();
    expect(await young).toBe('young');
  });

  test('after any other error sends the appends of the group one by one, so that only the bad one fails', async () => {
    const { queue, groups, sent } = started();
    void queue.add(append('first'));
    await settle();
    const [a, bad, c] = ['a', 'bad', 'c'].map((stream) => queue.add(append(stream)));
    groups[0]?.succeed();
    await settle();
    const refusal = expect(bad).rejects.toThrow('bad');
    for (let i = 1; i < 5; i++) {
      if (groups[i]?.streams.includes('bad') === true) groups[i]?.fail(new Error('bad'));
      else groups[i]?.succeed();
      await settle();
    }
    await refusal;
    expect(sent()).toEqual([['first'], ['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
    expect(await Promise.all([a, c])).toEqual(['a', 'c']);
  });

  test('is drained when all has succeeded or failed', async () => {
    const { queue, groups } = started();
    const first = queue.add(append('a'));
    await settle();
    const all = Promise.allSettled([first, queue.add(append('b'))]);
    let drained = false;
    const draining = queue.drained().then(() => {
      drained = true;
    });
    groups[0]?.succeed();
    await settle();
    expect(drained).toBe(false);
    groups[1]?.fail(new Error('refused'));
    await draining;
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});
