import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { ObjectStorageError, type ObjectFacts, type ObjectSource } from './object-storage.port.js';

/**
 * The content as it comes, but its last piece only once all of it has proved to be what was announced:
 * whoever receives it never has the whole of something else. Throws ObjectStorageError `corrupt`.
 */
export async function* verified(open: () => AsyncIterable<Uint8Array>, announced: ObjectFacts): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  let held: Uint8Array | undefined;
  for await (const piece of open()) {
    hash.update(piece);
    bytes += piece.length;
    if (bytes > announced.bytes) break;
    if (held !== undefined) yield held;
    held = piece;
  }
  if (bytes !== announced.bytes || hash.digest('hex') !== announced.sha256) {
    throw new ObjectStorageError('corrupt', 'the content is not what was announced: it changed on its way, or while it was read');
  }
  if (held !== undefined) yield held;
}

export const factsOf = async (content: AsyncIterable<Uint8Array>): Promise<ObjectFacts> => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of content) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest('hex') };
};

/** A file as it is now; it is read once for its size and hash. Rejects as reading it does (ENOENT, EACCES). */
export const fileSource = async (path: string, contentType: string): Promise<ObjectSource> => ({
  ...(await factsOf(createReadStream(path))),
  contentType,
  open: () => createReadStream(path),
});
