import { InvalidEvent, WrongExpectedRevision, type StreamAppend } from '../../../src/platform/event-store/event-store.port.js';
import { freshStream, idsOf, newEvents, readOn, type CurrentStore } from './fixtures.js';

/** For stores that can write several streams at once. */
export const appendTogetherContract = (current: CurrentStore): void => {
  const together = async (...appends: StreamAppend[]) => (await current().store.appendTogether?.(appends)) ?? [];
  const idsIn = async (stream: string): Promise<string[]> => idsOf(await current().store.readStream(stream));

  describe('appends that are made together', () => {
    // Where a store has one stream at a time, that is all there is to say.
    const each = (name: string, body: () => Promise<void>): void =>
      test(name, async () => {
        if (current().store.appendTogether !== undefined) await body();
      });

    each('are all there, in the order given and with nothing between them', async () => {
      const { store } = current();
      const [a, b] = [freshStream(), freshStream()];
      const [one, two, three] = [newEvents(2), newEvents(1), newEvents(3)];
      const results = await together({ stream: a, expected: 'no_stream', events: one }, { stream: b, expected: 'any', events: two }, { stream: a, expected: 1n, events: three });
      expect(results.map(({ revision }) => revision)).toEqual([1n, 0n, 4n]);
      const first = results[0]?.written?.firstPosition ?? 0n;
      const stored = (await readOn(store, first - 1n)).filter(({ stream }) => stream === a || stream === b);
      expect(idsOf(stored)).toEqual(idsOf([...one, ...two, ...three]));
      expect(stored.map(({ position }) => position)).toEqual(Array.from({ length: 6 }, (_, i) => first + BigInt(i)));
      expect(results.map(({ position }) => position)).toEqual([first + 1n, first + 2n, first + 5n]);
    });

    each('are refused as a whole where one of them does not find what it expects', async () => {
      const { store } = current();
      const [a, b] = [freshStream(), freshStream()];
      await store.append(b, 'no_stream', newEvents(2));
      const append = (expected: bigint): Promise<unknown> => together({ stream: a, expected: 'no_stream', events: newEvents(1) }, { stream: b, expected, events: newEvents(1) }, { stream: a, expected: 0n, events: newEvents(1) });
      const error = await append(0n).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(WrongExpectedRevision);
      expect(error).toMatchObject({ stream: b, actual: 1n });
      expect(await idsIn(a)).toEqual([]);
      await append(1n);
      expect((await idsIn(a)).length).toBe(2);
    });

    each('leave those in peace that come at the same time, refused or not', async () => {
      const { store } = current();
      const [a, b, c, d] = [freshStream(), freshStream(), freshStream(), freshStream()];
      const outcomes = await Promise.allSettled([
        store.append(freshStream(), 'no_stream', newEvents(1)),
        together({ stream: a, expected: 'no_stream', events: newEvents(2) }, { stream: b, expected: 0n, events: newEvents(1) }),
        store.append(a, 'no_stream', newEvents(1)),
        together({ stream: c, expected: 'no_stream', events: newEvents(1) }, { stream: d, expected: 'no_stream', events: newEvents(1) }),
        store.append(c, 0n, newEvents(1)),
        together({ stream: a, expected: 0n, events: newEvents(1) }, { stream: c, expected: 1n, events: newEvents(1) }),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
      expect(await Promise.all([a, b, c, d].map(async (stream) => (await idsIn(stream)).length))).toEqual([2, 0, 3, 1]);
    });

    each('are a repeat when made again, and nothing is written twice', async () => {
      const [a, b] = [freshStream(), freshStream()];
      const appends: StreamAppend[] = [{ stream: a, expected: 'no_stream', events: newEvents(1) }, { stream: b, expected: 'no_stream', events: newEvents(1) }, { stream: a, expected: 0n, events: newEvents(2) }];
      const first = await together(...appends);
      const again = await together(...appends);
      expect(again.map(({ revision, position }) => [revision, position])).toEqual(first.map(({ revision, position }) => [revision, position]));
      expect(again.every(({ written }) => written === undefined)).toBe(true);
      expect(await idsIn(a)).toEqual(idsOf([...(appends[0]?.events ?? []), ...(appends[2]?.events ?? [])]));
    });

    each('are refused where only a part of them was made before', async () => {
      const { store } = current();
      const [a, b] = [freshStream(), freshStream()];
      const events = newEvents(1);
      await store.append(a, 'no_stream', events);
      for (const appends of [
        [{ stream: a, expected: 'no_stream' as const, events }, { stream: b, expected: 'no_stream' as const, events: newEvents(1) }],
        [{ stream: b, expected: 'no_stream' as const, events: newEvents(1) }, { stream: a, expected: 'no_stream' as const, events }],
      ]) {
        await expect(together(...appends)).rejects.toBeInstanceOf(WrongExpectedRevision);
      }
      expect(await idsIn(b)).toEqual([]);
    });

    each('take no event twice and no empty append', async () => {
      const [a, b] = [freshStream(), freshStream()];
      const events = newEvents(1);
      await expect(together({ stream: a, expected: 'any', events }, { stream: b, expected: 'any', events })).rejects.toBeInstanceOf(InvalidEvent);
      await expect(together({ stream: a, expected: 'any', events }, { stream: b, expected: 'any', events: [] })).rejects.toBeInstanceOf(InvalidEvent);
      expect(await idsIn(a)).toEqual([]);
    });
  });
};
