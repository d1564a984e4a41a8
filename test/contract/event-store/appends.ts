import { randomUUID } from 'node:crypto';
import type { Json } from '../../../src/kernel/event.js';
import {
  AppendTooLarge,
  InvalidEvent,
  MAX_APPEND_BYTES,
  WrongExpectedRevision,
  type ExpectedRevision,
  type NewEvent,
} from '../../../src/platform/event-store/event-store.port.js';
import { freshStream, idsOf, newEvent, newEvents, type CurrentStore } from './fixtures.js';

export const appendContract = (current: CurrentStore): void => {
  const append = (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]) => current().store.append(stream, expected, events);
  const idsIn = async (stream: string): Promise<string[]> => idsOf(await current().store.readStream(stream));
  const conflict = async (attempt: Promise<unknown>): Promise<WrongExpectedRevision> => {
    const error = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(WrongExpectedRevision);
    return error as WrongExpectedRevision;
  };

  describe('append', () => {
    test('starts a stream at revision 0 and says where the last event is', async () => {
      const stream = freshStream();
      const events = newEvents(3);
      const result = await append(stream, 'no_stream', events);
      const stored = await current().store.readStream(stream);
      expect(idsOf(stored)).toEqual(idsOf(events));
      expect(stored.map(({ revision }) => revision)).toEqual([0n, 1n, 2n]);
      expect(result.revision).toBe(2n);
      expect(result.position).toBe(stored[2]?.position);
      if (result.written !== undefined) {
        expect(result.written.firstPosition).toBe(stored[0]?.position);
        expect(stored.map(({ recordedAt }) => recordedAt)).toEqual(Array(3).fill(result.written.recordedAt));
      }
    });

    test('keeps every field', async () => {
      const stream = freshStream();
      const event = newEvent({ type: 'FieldsKept', schemaVersion: 7, data: { a: [1, -2.5, 1e21, true, null, 'x'], b: { c: {} } } });
      await append(stream, 'no_stream', [event]);
      const [stored] = await current().store.readStream(stream);
      expect(stored).toMatchObject({ ...event, stream, revision: 0n });
      expect(stored?.recordedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    });

    test('accepts each expected revision that holds', async () => {
      const stream = freshStream();
      expect((await append(stream, 'any', [newEvent()])).revision).toBe(0n);
      expect((await append(stream, 0n, [newEvent()])).revision).toBe(1n);
      expect((await append(stream, 'stream_exists', [newEvent()])).revision).toBe(2n);
      expect((await append(stream, 'any', newEvents(2))).revision).toBe(4n);
      expect((await append(stream, 4n, [newEvent()])).revision).toBe(5n);
    });

    test.each<[ExpectedRevision, bigint | 'no_stream', number]>([
      ['no_stream', 1n, 2],
      [0n, 1n, 2],
      [2n, 1n, 2],
      [99n, 1n, 2],
      [0n, 'no_stream', 0],
      ['stream_exists', 'no_stream', 0],
    ])('refuses %s on a stream that is at %s, and says so', async (expected, actual, present) => {
      const stream = freshStream();
      const events = newEvents(present);
      if (present > 0) await append(stream, 'no_stream', events);
      const error = await conflict(append(stream, expected, [newEvent()]));
      expect(error).toMatchObject({ stream, expected, actual });
      expect(await idsIn(stream)).toEqual(idsOf(events));
    });

    test('refuses a negative expected revision as a mistake of the caller', async () => {
      await expect(append(freshStream(), -1n, [newEvent()])).rejects.toThrow(RangeError);
    });

    test('a repeat with the same ids and revision changes nothing and returns the first result', async () => {
      const stream = freshStream();
      const [first, second] = [newEvents(2), newEvents(3)];
      const firstResult = await append(stream, 'no_stream', first);
      const secondResult = await append(stream, 1n, second);
      const { revision, position } = await append(stream, 1n, second);
      expect({ revision, position }).toEqual({ revision: secondResult.revision, position: secondResult.position });
      const again = await append(stream, 'no_stream', first);
      expect(again.revision).toBe(firstResult.revision);
      expect(again.position).toBe(firstResult.position);
      expect(await idsIn(stream)).toEqual(idsOf([...first, ...second]));
    });

    test('a repeat is known long after, and through another adapter', async () => {
      const stream = freshStream();
      const original = newEvents(2);
      const result = await append(stream, 'no_stream', original);
      for (let revision = 1n; revision < 151n; revision += 50n) await append(stream, revision, newEvents(50));
      const other = (await current().another?.()) ?? current().store;
      try {
        const repeat = await other.append(stream, 'no_stream', original);
        expect(repeat.revision).toBe(1n);
        expect(repeat.position).toBe(result.position);
      } finally {
        if (other !== current().store) await other.close();
      }
      expect(await idsIn(stream)).toHaveLength(152);
    });

    test.each<ExpectedRevision>(['any', 'stream_exists'])('with %s, ids that are all known are a repeat', async (expected) => {
      const stream = freshStream();
      await append(stream, 'no_stream', newEvents(1));
      const events = newEvents(2);
      const result = await append(stream, expected, events);
      await append(stream, 2n, newEvents(1));
      const repeat = await append(stream, expected, events);
      expect(repeat.revision).toBe(2n);
      expect(repeat.position).toBe(result.position);
      expect(await idsIn(stream)).toHaveLength(4);
    });

    test('ids are the same in upper and lower case', async () => {
      const stream = freshStream();
      const event = newEvent();
      await append(stream, 'no_stream', [{ ...event, id: event.id.toUpperCase() }]);
      await append(stream, 'no_stream', [event]);
      expect(await idsIn(stream)).toEqual([event.id]);
    });

    test('refuses an append of which only a part is there', async () => {
      const stream = freshStream();
      const [a, b, c] = [newEvent(), newEvent(), newEvent()];
      await append(stream, 'no_stream', [a, b]);
      const attempts: [ExpectedRevision, NewEvent[]][] = [
        ['no_stream', [a, c]],
        ['no_stream', [c, b]],
        ['no_stream', [a, b, c]],
        [0n, [b, c]],
        [0n, [a]],
        ['any', [a, c]],
        ['stream_exists', [b, c]],
      ];
      for (const [expected, events] of attempts) {
        expect((await conflict(append(stream, expected, events))).actual).toBe(1n);
      }
      expect(await idsIn(stream)).toEqual(idsOf([a, b]));
    });

    test('an empty append only checks the expected revision', async () => {
      const stream = freshStream();
      const before = await current().store.head();
      expect(await append(stream, 'any', [])).toMatchObject({ revision: -1n, position: 0n });
      expect(await append(stream, 'no_stream', [])).toMatchObject({ revision: -1n, position: 0n });
      expect((await conflict(append(stream, 'stream_exists', []))).actual).toBe('no_stream');
      expect((await conflict(append(stream, 0n, []))).actual).toBe('no_stream');
      expect(await current().store.head()).toBe(before);
      const { revision, position } = await append(stream, 'no_stream', newEvents(2));
      for (const expected of ['any', 'stream_exists', 1n] as const) {
        expect(await append(stream, expected, [])).toMatchObject({ revision, position });
      }
      expect((await conflict(append(stream, 'no_stream', []))).actual).toBe(1n);
      expect((await conflict(append(stream, 0n, []))).actual).toBe(1n);
      expect(await idsIn(stream)).toHaveLength(2);
    });

    test('carries unicode in streams, types and data', async () => {
      const text = '\u0000 \u001f " \\ \\u0041 \n Grüße, 你好, 👩‍👩‍👧 \ud800 \u2028';
      const stream = freshStream('größe');
      const event = newEvent({ type: 'Größe👍Gemessen', data: { text, [text]: [text], '': '' } });
      await append(stream, 'no_stream', [event]);
      const [stored] = await current().store.readStream(stream);
      expect(stored?.data).toEqual(event.data);
      expect(stored?.type).toBe(event.type);
      const scalar = freshStream();
      await append(scalar, 'no_stream', [newEvent({ data: text }), newEvent({ data: null }), newEvent({ data: 0.1 }), newEvent({ data: [] })]);
      expect((await current().store.readStream(scalar)).map(({ data }) => data)).toEqual([text, null, 0.1, []]);
    });

    test('carries an event of 900 kB', async () => {
      const stream = freshStream();
      const data = { text: 'ä"\\x'.repeat(112_500) };
      expect(Buffer.byteLength(JSON.stringify(data))).toBeGreaterThan(780_000);
      const event = newEvent({ data: { ...data, fill: 'f'.repeat(900_000 - Buffer.byteLength(JSON.stringify(data))) } });
      await append(stream, 'no_stream', [event]);
      const [stored] = await current().store.readStream(stream);
      expect(stored?.data).toEqual(event.data);
    });

    test('takes an append up to the limit, refuses it above', async () => {
      const stream = freshStream();
      const sized = (bytes: number): NewEvent => {
        const empty = newEvent({ data: '' });
        const rest = 2 + Buffer.byteLength(JSON.stringify(empty.metadata)) + 2 * empty.type.length;
        return { ...empty, data: 'x'.repeat(bytes - rest) };
      };
      await expect(append(stream, 'no_stream', [sized(MAX_APPEND_BYTES + 1)])).rejects.toThrow(AppendTooLarge);
      const halves = [sized(MAX_APPEND_BYTES / 2), sized(MAX_APPEND_BYTES / 2 + 1)];
      const refused = await append(stream, 'no_stream', halves).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(AppendTooLarge);
      expect(refused).toMatchObject({ stream, bytes: MAX_APPEND_BYTES + 1 });
      expect(await idsIn(stream)).toEqual([]);
      await append(stream, 'no_stream', [sized(MAX_APPEND_BYTES)]);
      expect(await idsIn(stream)).toHaveLength(1);
    });

    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    test.each<[string, Partial<Record<keyof NewEvent, unknown>>]>([
      ['an id that is no UUID', { id: 'call-17' }],
      ['the nil UUID', { id: '00000000-0000-0000-0000-000000000000' }],
      ['no type', { type: '' }],
      ['a type that belongs to the store', { type: '$metadata' }],
      ['a schema version of 0', { schemaVersion: 0 }],
      ['a bigint', { data: { n: 1n } }],
      ['NaN', { data: { n: Number.NaN } }],
      ['Infinity', { data: [Number.POSITIVE_INFINITY] }],
      ['undefined in an array', { data: { list: [1, undefined] } }],
      ['undefined as data', { data: undefined }],
      ['a hole in an array', { data: { list: Object.assign([], { 1: 1 }) as Json } }],
      ['a Date', { data: { at: new Date(0) } }],
      ['a Map', { data: { map: new Map() } }],
      ['a function', { data: { toJSON: () => 1 } }],
      ['a cycle', { data: cyclic }],
      ['a bigint in the metadata', { metadata: { tenantId: 1n } }],
    ])('refuses %s and writes nothing of the append', async (_what, fault) => {
      const stream = freshStream();
      const bad = { ...newEvent(), ...fault } as NewEvent;
      await expect(append(stream, 'no_stream', [newEvent(), bad])).rejects.toThrow(InvalidEvent);
      expect(await idsIn(stream)).toEqual([]);
    });

    test('refuses one id twice in an append, and streams without a proper name', async () => {
      const id = randomUUID();
      await expect(append(freshStream(), 'any', [newEvent({ id }), newEvent({ id })])).rejects.toThrow(InvalidEvent);
      for (const stream of ['', '$system', 'nul-\0', 'half-\ud800']) {
        await expect(append(stream, 'any', [newEvent()])).rejects.toThrow(InvalidEvent);
      }
    });

    test('leaves out undefined properties, as JSON does', async () => {
      const stream = freshStream();
      await append(stream, 'no_stream', [newEvent({ data: { kept: 1, gone: undefined } })]);
      expect((await current().store.readStream(stream))[0]?.data).toStrictEqual({ kept: 1 });
    });
  });
};
