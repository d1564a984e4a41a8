import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { verified } from './content.js';
import { type ByteRange, type ObjectFacts, type ObjectSource, type ObjectStorage, ObjectStorageError, requireKey } from './object-storage.port.js';

const contentOf = async (source: ObjectSource): Promise<Buffer> => {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of verified(() => source.open(), source)) pieces.push(piece);
  } catch (error) {
    throw error instanceof ObjectStorageError ? error : new ObjectStorageError('unavailable', 'the content could not be read', { cause: error });
  }
  return Buffer.concat(pieces);
};

/** Objects in the memory of one process, for the simulation. */
export class InMemoryObjectStorage implements ObjectStorage {
  private readonly objects = new Map<string, Buffer>();

  /** Keys of what is kept. */
  get keys(): readonly string[] {
    return [...this.objects.keys()];
  }

  async put(key: string, source: ObjectSource): Promise<void> {
    this.refuseTaken(requireKey(key));
    const content = await contentOf(source);
    this.refuseTaken(key);
    this.objects.set(key, content);
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const content = this.objects.get(requireKey(key));
    if (content === undefined) throw new ObjectStorageError('not-found', 'there is no object with this key');
    return Readable.from([range === undefined ? content : content.subarray(range.first, range.last + 1)], { objectMode: false });
  }

  async head(key: string): Promise<ObjectFacts | undefined> {
    const content = this.objects.get(requireKey(key));
    return content && { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  }

  async delete(key: string): Promise<void> {
    this.objects.delete(requireKey(key));
  }

  async close(): Promise<void> {}

  private refuseTaken(key: string): void {
    if (this.objects.has(key)) throw new ObjectStorageError('exists', 'an object with this key is there already');
  }
}
