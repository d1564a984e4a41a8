import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { FolderObjectStorage } from '../../src/platform/object-storage/folder.object-storage.js';
import type { ObjectStorage } from '../../src/platform/object-storage/object-storage.port.js';
import { S3ObjectStorage } from '../../src/platform/object-storage/s3.object-storage.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { sourceOf } from '../contract/object-storage.contract.js';
import { eventually } from '../support/eventually.js';
import { RecordingDesk } from '../support/recording-desk.js';
import { S3_KEY, S3_REGION, S3Mini } from '../support/s3-mini.js';
import { smallDisk } from '../support/small-disk.js';

jest.setTimeout(60_000);

const STORED = ['Completed', 'DeedRequested:store', 'Stored', 'DeedRequested:remove-file', 'FileRemoved'];

/** Counts what reaches a storage, and lets a test stand in between. */
const watched = (objects: ObjectStorage, hooks: { readonly afterPut?: () => Promise<void> } = {}) => {
  const puts: string[] = [];
  const storage: ObjectStorage = {
    put: async (key, source) => {
      await objects.put(key, source);
      puts.push(key);
      await hooks.afterPut?.();
    },
    get: (key, range) => objects.get(key, range),
    head: (key) => objects.head(key),
    delete: (key) => objects.delete(key),
    close: () => objects.close(),
  };
  return { storage, puts };
};

describe('recordings, when something goes wrong', () => {
  const content = randomBytes(60_000);
  let desk: RecordingDesk;
  let objects: FolderObjectStorage;
  beforeEach(() => {
    desk = new RecordingDesk();
    objects = new FolderObjectStorage(join(desk.folder, 'objects'), { clock: desk.clock, random: systemRandom });
  });
  afterEach(() => desk.close());
  const kept = (): Buffer[] => (existsSync(join(desk.folder, 'objects')) ? readdirSync(join(desk.folder, 'objects'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name))) : []);
  const fileOf = (recordingId: string): string => join(desk.recordings, `${recordingId}.wav`);

  it('a crash between the upload and its event: the next process finds the object, and it is stored once', async () => {
    const before = watched(objects, { afterPut: () => new Promise(() => undefined) });
    const first = await desk.boot(before.storage);
    await desk.record('r-1', content);
    while (before.puts.length === 0) await desk.until('r-1', 2).then(() => desk.clock.advance(1));
    await first.kill();
    expect(await desk.types('r-1')).toEqual(['Completed', 'DeedRequested:store']);

    const after = watched(objects);
    await desk.boot(after.storage);
    expect(await desk.until('r-1', 5)).toEqual(STORED);
    expect(after.puts).toEqual([]);
    expect(kept().map((object) => object.equals(content))).toEqual([true]);
    expect((await desk.events('r-1'))[2]?.data).toMatchObject({ bytes: content.length, sha256: sourceOf(content).sha256, key: 'recordings/acme/r-1.wav' });
    expect(existsSync(fileOf('r-1'))).toBe(false);
  });

  it('a crash after the file was removed, its event not recorded: it is not missed', async () => {
    const first = await desk.boot(objects);
    await desk.record('r-1', content);
    await desk.until('r-1', 5);
    await first.kill();
    // The same as if the crash had come before RecordingStored and somebody had removed the file.
    await desk.record('r-2', undefined);
    await objects.put('recordings/acme/r-2.wav', sourceOf(content));
    await desk.boot(objects);
    expect(await desk.until('r-2', 5)).toEqual(STORED);
  });

  it('two processes for one node store it once', async () => {
    await desk.boot(objects);
    await desk.boot(objects, { timers: false });
    await desk.record('r-1', content);
    expect(await desk.until('r-1', 5)).toEqual(STORED);
    await desk.clock.advance(1_000);
    expect(await desk.types('r-1')).toEqual(STORED);
    // The slower one finds the key taken and clears its own copy away.
    await eventually(() => kept().length === 1);
    expect(kept()[0]?.equals(content)).toBe(true);
  });

  it('an answer of S3 that is lost: the next attempt finds the object', async () => {
    const mini = await S3Mini.start();
    const s3 = new S3ObjectStorage({ bucket: mini.bucket, region: S3_REGION, endpoint: mini.endpoint, credentials: S3_KEY });
    mini.fail('PUT', 'answer-lost');
    const { alarms } = await desk.boot(s3);
    await desk.record('r-1', content);
    expect(await desk.until('r-1', 3)).toEqual(['Completed', 'DeedRequested:store', 'DeedFailed:store:storage-unavailable']);
    await desk.clock.advance(10_000);
    expect(await desk.until('r-1', 7)).toEqual(['Completed', 'DeedRequested:store', 'DeedFailed:store:storage-unavailable', 'DeedRequested:store', ...STORED.slice(2)]);
    expect(mini.requests.filter((request) => request.startsWith('PUT'))).toEqual(['PUT recordings/acme/r-1.wav']);
    expect(mini.objects.get('recordings/acme/r-1.wav')?.body.equals(content)).toBe(true);
    expect(alarms.count('recording-not-stored')).toBe(1);
    await s3.close();
    await mini.close();
  });

  it('an S3 that damages, refuses, is full and is away is tried again with growing pauses, and nothing is kept until it is whole', async () => {
    const mini = await S3Mini.start();
    const s3 = new S3ObjectStorage({ bucket: mini.bucket, region: S3_REGION, endpoint: mini.endpoint, credentials: S3_KEY });
    mini.fail('PUT', 'damage', 'error', 'full', 'reset');
    await desk.boot(s3);
    await desk.record('r-1', content);
    const pauses: number[] = [];
    for (const [index, pause] of [10, 20, 40, 80].entries()) {
      await desk.until('r-1', 3 + index * 2);
      expect(mini.objects.size).toBe(0);
      const failed = (await desk.events('r-1'))[2 + index * 2];
      const { retryAt } = failed?.data as { retryAt: string };
      pauses.push((Date.parse(retryAt) - Date.parse(failed?.metadata.occurredAt ?? '')) / 1_000);
      await desk.clock.advance(pause * 1_000);
    }
    expect(pauses).toEqual([10, 20, 40, 80]);
    const types = await desk.until('r-1', 13);
    expect(types.filter((type) => type.startsWith('DeedFailed')).map((type) => type.split(':')[2])).toEqual(['content-changed', 'storage-unavailable', 'storage-full', 'storage-unavailable']);
    expect(types.slice(-3)).toEqual(STORED.slice(2));
    expect(mini.objects.get('recordings/acme/r-1.wav')?.body.equals(content)).toBe(true);
    await s3.close();
    await mini.close();
  });

  const disk = smallDisk(128);
  (disk === undefined ? it.skip : it)('a full disk keeps no half, the file stays, and it is stored once there is room', async () => {
    const { path, remove } = disk!.mount();
    try {
      writeFileSync(join(path, 'other'), randomBytes(90_000));
      await desk.boot(new FolderObjectStorage(join(path, 'objects'), { clock: desk.clock, random: systemRandom }));
      await desk.record('r-1', content);
      expect(await desk.until('r-1', 3)).toEqual(['Completed', 'DeedRequested:store', 'DeedFailed:store:storage-full']);
      expect(readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual(['other']);
      expect(readFileSync(fileOf('r-1')).equals(content)).toBe(true);
      rmSync(join(path, 'other'));
      await desk.clock.advance(10_000);
      expect((await desk.until('r-1', 7)).slice(-3)).toEqual(STORED.slice(2));
      expect(readFileSync(join(path, 'objects/recordings/acme/r-1.wav')).equals(content)).toBe(true);
      expect(existsSync(fileOf('r-1'))).toBe(false);
    } finally {
      remove();
    }
  });

  it('what is outside of the folder of the node is neither stored nor removed, by whatever path or link', async () => {
    const { alarms } = await desk.boot(objects);
    const secret = join(desk.folder, 'secret.wav');
    writeFileSync(secret, 'secret');
    symlinkSync(secret, join(desk.recordings, 'link.wav'));
    symlinkSync(desk.folder, join(desk.recordings, 'up'));
    const paths = [secret, join(desk.recordings, '../secret.wav'), '../secret.wav', join(desk.recordings, 'link.wav'), join(desk.recordings, 'up/secret.wav'), '/etc/passwd', desk.recordings];
    for (const [index, path] of paths.entries()) {
      await desk.record(`r-${index}`, undefined, path);
      expect((await desk.until(`r-${index}`, 3)).slice(2)).toEqual(['DeedFailed:store:outside-folder']);
      await desk.send(`r-${index}`, 'DeleteRecording');
      expect((await desk.until(`r-${index}`, 5)).slice(3)).toEqual(['DeedRequested:delete', 'Deleted']);
    }
    mkdirSync(join(desk.recordings, 'folder.wav'));
    await desk.record('r-folder', undefined, join(desk.recordings, 'folder.wav'));
    expect((await desk.until('r-folder', 3)).slice(2)).toEqual(['DeedFailed:store:no-file']);
    expect(readFileSync(secret, 'utf8')).toBe('secret');
    expect(kept()).toEqual([]);
    expect(alarms.count('recording-not-stored')).toBe(paths.length + 1);
    expect(JSON.stringify(alarms.last.map(({ error: _error, ...alarm }) => alarm))).not.toContain(desk.folder);
  });

  it('a path below the folder, also a relative one, is found', async () => {
    await desk.boot(objects);
    mkdirSync(join(desk.recordings, '2026'));
    writeFileSync(join(desk.recordings, '2026/a.mp3'), content);
    await desk.record('r-1', undefined, '2026/a.mp3');
    expect(await desk.until('r-1', 5)).toEqual(STORED);
    expect((await desk.events('r-1'))[2]?.data).toMatchObject({ key: 'recordings/acme/r-1.mp3' });
  });

  it('an object that is not this recording is never overwritten nor taken for it', async () => {
    await objects.put('recordings/acme/r-1.wav', sourceOf(randomBytes(100)));
    await desk.boot(objects);
    await desk.record('r-1', content);
    expect((await desk.until('r-1', 3)).slice(2)).toEqual(['DeedFailed:store:other-object']);
    expect((await desk.events('r-1'))[2]?.data).toMatchObject({ retryAt: null });
    expect(kept()[0]).toHaveLength(100);
    expect(existsSync(fileOf('r-1'))).toBe(true);
  });

  it('a node that nobody looks after is waited for a week; then that is said', async () => {
    const elsewhere = await desk.boot(objects, { nodes: ['fs2'] });
    await desk.record('r-1', content);
    await desk.clock.advance(2_000);
    expect(await desk.types('r-1')).toEqual(['Completed', 'DeedRequested:store']);
    await elsewhere.kill();
    await desk.clock.advance(7 * 24 * 3_600_000 + 61_000);
    const { alarms } = await desk.boot(objects, { nodes: ['fs2'] });
    expect((await desk.until('r-1', 3)).slice(2)).toEqual(['DeedFailed:store:too-late']);
    expect(alarms.last.map(({ code, details }) => [code, details?.['reason']])).toEqual([['recording-not-stored', 'too-late']]);
    expect(existsSync(fileOf('r-1'))).toBe(true);
    // The node is back, and an operator says so.
    await desk.boot(objects, { timers: false });
    await desk.send('r-1', 'StoreRecordingAgain');
    expect((await desk.until('r-1', 7)).slice(3)).toEqual(STORED.slice(1));
  });

  it('who deletes while it cannot be stored deletes the file as well, and nothing comes back', async () => {
    let failing = true;
    const storage: ObjectStorage = { ...watched(objects).storage, put: (key, source) => (failing ? Promise.reject(new Error('broken')) : objects.put(key, source)) };
    await desk.boot(storage);
    await desk.record('r-1', content);
    expect((await desk.until('r-1', 3)).slice(2)).toEqual(['DeedFailed:store:unknown']);
    await desk.send('r-1', 'DeleteRecording');
    expect((await desk.until('r-1', 5)).slice(3)).toEqual(['DeedRequested:delete', 'Deleted']);
    failing = false;
    await desk.clock.advance(3_600_000);
    expect(await desk.types('r-1')).toHaveLength(5);
    expect(kept()).toEqual([]);
    expect(existsSync(fileOf('r-1'))).toBe(false);
  });
});
