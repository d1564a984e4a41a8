import { type FileHandle, link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock, Random } from '../../kernel/clock.js';
import { factsOf, verified } from './content.js';
import { type ByteRange, type ObjectFacts, type ObjectSource, type ObjectStorage, ObjectStorageError, requireKey } from './object-storage.port.js';

/** Objects that are being written. No key begins with a dot, so that none can be in here. */
const INCOMING = '.incoming';

/** What a process left unfinished is nobody's after so long, ms. */
const ABANDONED_MS = 24 * 3_600_000;

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'unknown error';
};

const translated = (error: unknown): ObjectStorageError => {
  if (error instanceof ObjectStorageError) return error;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new ObjectStorageError('full', `the disk of the folder for objects is full (${code}); make room, and it is tried again`, { cause: error });
  if (code === 'EEXIST') return new ObjectStorageError('exists', 'an object with this key is there already', { cause: error });
  if (code === 'ENOENT') return new ObjectStorageError('not-found', 'there is no object with this key', { cause: error });
  return new ObjectStorageError('unavailable', `the folder for objects cannot be used (${code}); it must be writable, on a file system with hard links`, { cause: error });
};

const attempt = async <T>(task: () => Promise<T>): Promise<T> => {
  try {
    return await task();
  } catch (error) {
    throw translated(error);
  }
};

/**
 * Objects as files of a folder, which is made at the first need. An object appears under its name
 * when all of it is on disk; several processes may share the folder.
 */
export class FolderObjectStorage implements ObjectStorage {
  private readonly root: string;
  private swept: Promise<void> | undefined;

  constructor(
    folder: string,
    private readonly parts: { readonly clock: Clock; readonly random: Random },
  ) {
    this.root = resolve(folder);
  }

  put(key: string, source: ObjectSource): Promise<void> {
    const path = this.pathOf(key);
    return attempt(async () => {
      if (await isThere(path)) throw new ObjectStorageError('exists', 'an object with this key is there already');
      this.swept ??= this.sweep();
      await this.swept;
      const unfinished = join(this.root, INCOMING, this.parts.random.uuid());
      await mkdir(dirname(unfinished), { recursive: true });
      try {
        await write(unfinished, source);
        await mkdir(dirname(path), { recursive: true });
        // Unlike a rename, a link replaces nothing.
        await link(unfinished, path);
        for (let folder = dirname(path); folder.startsWith(this.root); folder = dirname(folder)) await syncFolder(folder);
      } finally {
        await unlink(unfinished).catch(() => undefined);
      }
    });
  }

  get(key: string, range?: ByteRange): Promise<Readable> {
    const path = this.pathOf(key);
    return attempt(async () => {
      const file = await open(path, 'r');
      return file.createReadStream(range === undefined ? {} : { start: range.first, end: range.last });
    });
  }

  /** Reads the file: what is told is what is on disk. */
  head(key: string): Promise<ObjectFacts | undefined> {
    const path = this.pathOf(key);
    return attempt(async () => ((await isThere(path)) ? factsOf((await open(path, 'r')).createReadStream()) : undefined));
  }

  delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    return attempt(async () => {
      if (!(await isThere(path))) return;
      await unlink(path).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
      await syncFolder(dirname(path));
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private pathOf(key: string): string {
    return join(this.root, requireKey(key));
  }

  /** Removes what crashes left behind. */
  private async sweep(): Promise<void> {
    const folder = join(this.root, INCOMING);
    const names = await readdir(folder).catch(() => []);
    for (const name of names) {
      const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Infinity }));
      if (mtimeMs < this.parts.clock.now() - ABANDONED_MS) await unlink(join(folder, name)).catch(() => undefined);
    }
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );

const write = async (path: string, source: ObjectSource): Promise<void> => {
  const file = await open(path, 'wx', 0o640);
  try {
    for await (const piece of verified(() => source.open(), source)) await writeAll(file, piece);
    await file.sync();
  } finally {
    await file.close();
  }
};

const writeAll = async (file: FileHandle, piece: Uint8Array): Promise<void> => {
  for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
};

/** Makes names durable; a file system that cannot do that for a folder is taken as it is. */
const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM'].includes(codeOf(error))) throw error;
  } finally {
    await folder.close();
  }
};
