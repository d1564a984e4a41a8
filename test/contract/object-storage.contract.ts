import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ObjectSource, type ObjectStorage, ObjectStorageError } from '../../src/platform/object-storage/object-storage.port.js';

/** A source that is what it announces, unless `over` says otherwise; it comes in pieces of 16 KiB. */
export const sourceOf = (content: Buffer, over: Partial<ObjectSource> = {}): ObjectSource => ({
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  contentType: 'audio/wav',
  open: () => Readable.from(piecesOf(content), { objectMode: false }),
  ...over,
});

function* piecesOf(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 16_384) yield content.subarray(at, at + 16_384);
}

export const contentOf = async (stream: Readable): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
};

/** How an attempt failed; throws where it did not, or not with ObjectStorageError. */
export const failureOf = async (attempt: Promise<unknown>): Promise<string> => {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof ObjectStorageError) return error.failure;
    throw error;
  }
  throw new Error('it did not fail');
};

export interface ObjectStorageUnderTest {
  readonly storage: ObjectStorage;
  /** Everything that is kept, whole objects or not. */
  kept(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What every object storage does. */
export const objectStorageContract = (name: string, start: () => Promise<ObjectStorageUnderTest>): void => {
  describe(`object storage: ${name}`, () => {
    let under: ObjectStorageUnderTest;
    let storage: ObjectStorage;
    beforeEach(async () => {
      under = await start();
      ({ storage } = under);
    });
    afterEach(() => under.close());

    it.each([0, 1, 16_384, 300_000])('keeps %i bytes as they were', async (bytes) => {
      const content = randomBytes(bytes);
      const source = sourceOf(content);
      await storage.put('recordings/acme/r-1.wav', source);
      expect(await storage.head('recordings/acme/r-1.wav')).toEqual({ bytes, sha256: source.sha256 });
      expect((await contentOf(await storage.get('recordings/acme/r-1.wav'))).equals(content)).toBe(true);
      expect(await under.kept()).toEqual(['recordings/acme/r-1.wav']);
    });

    it('gives a part', async () => {
      const content = randomBytes(100_000);
      await storage.put('a', sourceOf(content));
      for (const [first, last] of [[0, 0], [10, 99], [99_999, 99_999], [0, 99_999], [50_000, 99_999]] as const) {
        expect((await contentOf(await storage.get('a', { first, last }))).equals(content.subarray(first, last + 1))).toBe(true);
      }
    });

    it('never overwrites, however many try at once', async () => {
      const contents = [randomBytes(50_000), randomBytes(50_000), randomBytes(50_000)];
      const results = await Promise.allSettled(contents.map((content) => storage.put('a/b', sourceOf(content))));
      const won = results.findIndex(({ status }) => status === 'fulfilled');
      for (const [at, result] of results.entries()) {
        if (at !== won) expect((result as PromiseRejectedResult).reason).toMatchObject({ name: 'ObjectStorageError', failure: 'exists' });
      }
      expect((await contentOf(await storage.get('a/b'))).equals(contents[won]!)).toBe(true);
      expect(await failureOf(storage.put('a/b', sourceOf(contents[won]!)))).toBe('exists');
      expect(await under.kept()).toEqual(['a/b']);
    });

    it.each<[string, (content: Buffer) => ObjectSource]>([
      ['other bytes', (content) => sourceOf(content, { open: () => Readable.from(piecesOf(Buffer.concat([content.subarray(1), Buffer.from('x')])), { objectMode: false }) })],
      ['fewer bytes', (content) => sourceOf(content, { open: () => Readable.from(piecesOf(content.subarray(0, -1)), { objectMode: false }) })],
      ['more bytes', (content) => sourceOf(content, { open: () => Readable.from(piecesOf(Buffer.concat([content, Buffer.from('x')])), { objectMode: false }) })],
    ])('keeps nothing of a source that gives %s than it announced', async (_what, change) => {
      expect(await failureOf(storage.put('a', change(randomBytes(80_000))))).toBe('corrupt');
      expect(await storage.head('a')).toBeUndefined();
      expect(await under.kept()).toEqual([]);
    });

    it('keeps nothing of a source that breaks', async () => {
      const content = randomBytes(80_000);
      const open = (): Readable =>
        Readable.from((function* () {
          yield content.subarray(0, 40_000);
          throw Object.assign(new Error('gone'), { code: 'EIO' });
        })(), { objectMode: false });
      expect(await failureOf(storage.put('a', sourceOf(content, { open })))).toBe('unavailable');
      expect(await under.kept()).toEqual([]);
      await storage.put('a', sourceOf(content));
      expect((await contentOf(await storage.get('a'))).equals(content)).toBe(true);
    });

    it('knows what is not there, and deletes what may not be', async () => {
      expect(await storage.head('no/such')).toBeUndefined();
      expect(await failureOf(storage.get('no/such'))).toBe('not-found');
      await storage.delete('no/such');
      await storage.put('yes', sourceOf(Buffer.from('x')));
      await storage.delete('yes');
      expect(await storage.head('yes')).toBeUndefined();
      expect(await under.kept()).toEqual([]);
      await storage.put('yes', sourceOf(Buffer.from('again')));
      expect((await contentOf(await storage.get('yes'))).toString()).toBe('again');
    });

    it.each(['', '/a', 'a/', 'a//b', '../a', 'a/../b', '.incoming/a', 'a/.b', 'a b', 'ä', 'a\0', 'x'.repeat(513)])('takes %j for no key', async (key) => {
      await expect((async () => storage.put(key, sourceOf(Buffer.from('x'))))()).rejects.toThrow(/object key/);
      await expect((async () => storage.get(key))()).rejects.toThrow(/object key/);
      expect(await under.kept()).toEqual([]);
    });
  });
};
