import { randomUUID } from 'node:crypto';
import type { NewEvent } from '../../../src/platform/event-store/event-store.port.js';
import { freshStream, idsOf, newEvent, newEvents, readOn, type CurrentStore } from './fixtures.js';

export const readContract = (current: CurrentStore): void => {
  describe('readStream', () => {
    test('a stream that does not exist reads as empty', async () => {
      expect(await current().store.readStream(freshStream())).toEqual([]);
      expect(await current().store.readStream(freshStream(), { direction: 'backwards' })).toEqual([]);
      expect(await current().store.readStream('nul-\0')).toEqual([]);
    });

    test('reads forwards and backwards, from a revision, up to a count', async () => {
      const { store } = current();
      const stream = freshStream();
      await store.append(stream, 'no_stream', newEvents(5));
      const revisions = async (options: Parameters<typeof store.readStream>[1]): Promise<bigint[]> =>
        (await store.readStream(stream, options)).map(({ revision }) => revision);
      expect(await revisions({})).toEqual([0n, 1n, 2n, 3n, 4n]);
      expect(await revisions({ from: 2n })).toEqual([2n, 3n, 4n]);
      expect(await revisions({ from: 1n, maxCount: 2 })).toEqual([1n, 2n]);
      expect(await revisions({ from: 5n })).toEqual([]);
      expect(await revisions({ direction: 'backwards' })).toEqual([4n, 3n, 2n, 1n, 0n]);
      expect(await revisions({ direction: 'backwards', maxCount: 1 })).toEqual([4n]);
      expect(await revisions({ direction: 'backwards', from: 2n, maxCount: 2 })).toEqual([2n, 1n]);
      expect(await revisions({ direction: 'backwards', from: 0n })).toEqual([0n]);
      expect(await revisions({ direction: 'backwards', from: 99n, maxCount: 1 })).toEqual([4n]);
    });

    test('reads a long stream whole', async () => {
      const { store } = current();
      const stream = freshStream();
      const events = newEvents(2_300);
      for (let i = 0; i < events.length; i += 460) {
        await store.append(stream, i === 0 ? 'no_stream' : BigInt(i - 1), events.slice(i, i + 460));
      }
      expect(idsOf(await store.readStream(stream))).toEqual(idsOf(events));
      expect(idsOf(await store.readStream(stream, { direction: 'backwards' }))).toEqual(idsOf(events).reverse());
      expect(await store.readStream(stream, { from: 100n, maxCount: 1_500 })).toHaveLength(1_500);
    });
  });

  describe('readAll', () => {
    /** Five events in two streams, and where the log was before. */
    const written = async () => {
      const { store } = current();
      const [a, b] = [freshStream('alpha'), freshStream('beta')];
      const before = await store.head();
      const events: [string, NewEvent][] = [
        [a, newEvent({ type: 'Red' })],
        [b, newEvent({ type: 'Green' })],
        [a, newEvent({ type: 'Green' })],
        [b, newEvent({ type: 'Red' })],
        [a, newEvent({ type: 'Blue' })],
      ];
      for (const [stream, event] of events) await store.append(stream, 'any', [event]);
      const log = (await readOn(store, before)).filter(({ stream }) => stream === a || stream === b);
      return { store, a, b, before, events: events.map(([, event]) => event), log };
    };

    test('gives the log in the order of the appends, positions and times never falling', async () => {
      const { log, events, before, store } = await written();
      expect(idsOf(log)).toEqual(idsOf(events));
      let last = { position: before, recordedAt: '' };
      for (const event of log) {
        expect(event.position > last.position).toBe(true);
        expect(event.recordedAt >= last.recordedAt).toBe(true);
        if (store.densePositions) expect(event.position).toBe(last.position + 1n);
        last = event;
      }
    });

    test('gives the very events that the streams hold', async () => {
      const { log, store, a } = await written();
      expect(log.filter(({ stream }) => stream === a)).toEqual(await store.readStream(a));
    });

    test('resumes after each position, and stops at one', async () => {
      const { log, store, a, b } = await written();
      for (const [i, event] of log.entries()) {
        const rest = (await readOn(store, event.position, { streamPrefixes: [a, b] }, 2)).map(({ id }) => id);
        expect(rest).toEqual(idsOf(log.slice(i + 1)));
        const upTo = await store.readAll({ upTo: event.position, maxCount: 100, filter: { streamPrefixes: [a, b] } });
        expect(idsOf(upTo)).toEqual(idsOf(log.slice(0, i + 1)));
      }
    });

    test('gives no more than maxCount, and fewer only at the end', async () => {
      const { store, log, a, b } = await written();
      const filter = { streamPrefixes: [a, b] };
      expect(idsOf(await store.readAll({ maxCount: 3, filter }))).toEqual(idsOf(log.slice(0, 3)));
      expect(await store.readAll({ maxCount: 5, filter })).toHaveLength(5);
      expect(await store.readAll({ maxCount: 6, filter })).toHaveLength(5);
    });

    test('filters by prefix, by type, and by both', async () => {
      const { store, log, a, b, before } = await written();
      const expectOnly = async (filter: NonNullable<Parameters<typeof readOn>[2]>, keep: (event: (typeof log)[number]) => boolean) =>
        expect(idsOf((await readOn(store, before, filter)).filter(({ id }) => idsOf(log).includes(id)))).toEqual(idsOf(log.filter(keep)));
      await expectOnly({ streamPrefixes: ['alpha-'] }, ({ stream }) => stream === a);
      await expectOnly({ streamPrefixes: [b, a.slice(0, 12)] }, () => true);
      await expectOnly({ streamPrefixes: ['lpha-', '%', '_'] }, () => false);
      await expectOnly({ types: ['Green'] }, ({ type }) => type === 'Green');
      await expectOnly({ types: ['Green', 'Blue', 'Gre'] }, ({ type }) => type !== 'Red');
      await expectOnly({ streamPrefixes: [a], types: ['Red', 'Green'] }, ({ stream, type }) => stream === a && type !== 'Blue');
    });

    test('finds a rare type behind many others', async () => {
      const { store } = current();
      const before = await store.head();
      const type = `Rare${randomUUID()}`;
      const stream = freshStream();
      for (let i = 0; i < 3; i++) await store.append(stream, 'any', [...newEvents(700), newEvent({ type })]);
      expect(await readOn(store, before, { types: [type] }, 2)).toHaveLength(3);
    });
  });

  describe('the log', () => {
    test('head is the position of the newest event, at once', async () => {
      const { store } = current();
      const { position } = await store.append(freshStream(), 'no_stream', newEvents(2));
      const head = await store.head();
      expect(head >= position).toBe(true);
      expect((await readOn(store, position)).at(-1)?.position ?? position).toBe(head);
    });

    test('has an id that stays, through another adapter too', async () => {
      const id = await current().store.logId();
      expect(id).not.toBe('');
      expect(await current().store.logId()).toBe(id);
      const other = await current().another?.();
      if (other === undefined) return;
      expect(await other.logId()).toBe(id);
      await other.close();
    });
  });
};
