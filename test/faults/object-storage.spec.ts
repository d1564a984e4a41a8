import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { jest } from '@jest/globals';
import { fileSource } from '../../src/platform/object-storage/content.js';
import { FolderObjectStorage } from '../../src/platform/object-storage/folder.object-storage.js';
import { type S3Options, S3ObjectStorage } from '../../src/platform/object-storage/s3.object-storage.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { contentOf, failureOf, sourceOf } from '../contract/object-storage.contract.js';
import { S3_KEY, S3_REGION, S3Mini } from '../support/s3-mini.js';
import { smallDisk } from '../support/small-disk.js';

jest.setTimeout(60_000);

describe('an S3 that fails', () => {
  const content = randomBytes(200_000);
  let mini: S3Mini;
  let storage: S3ObjectStorage;
  const open = (over: Partial<S3Options> = {}): S3ObjectStorage => new S3ObjectStorage({ bucket: mini.bucket, region: S3_REGION, endpoint: mini.endpoint, credentials: S3_KEY, silenceMs: 150, ...over });
  beforeEach(async () => {
    mini = await S3Mini.start();
    storage = open();
  });
  afterEach(async () => {
    await storage.close();
    await mini.close();
  });

  it.each([
    ['error', 'unavailable'],
    ['full', 'full'],
    ['reset', 'unavailable'],
    ['slow', 'unavailable'],
    ['damage', 'corrupt'],
  ] as const)('%s: the attempt ends with "%s", nothing is kept, and the next one succeeds', async (fault, failure) => {
    mini.fail('PUT', fault);
    expect(await failureOf(storage.put('k', sourceOf(content)))).toBe(failure);
    expect(mini.requests).toEqual(['PUT k']);
    expect(await storage.head('k')).toBeUndefined();
    mini.fail('PUT');
    await storage.put('k', sourceOf(content));
    expect((await contentOf(await storage.get('k'))).equals(content)).toBe(true);
  });

  it('an answer that is lost: the object is there, and says what it is', async () => {
    mini.fail('PUT', 'answer-lost');
    const source = sourceOf(content);
    expect(await failureOf(storage.put('k', source))).toBe('unavailable');
    expect(await storage.head('k')).toEqual({ bytes: content.length, sha256: source.sha256 });
    expect(await failureOf(storage.put('k', source))).toBe('exists');
  });

  it('asks again by itself where that is harmless', async () => {
    await storage.put('k', sourceOf(content));
    mini.fail('HEAD', 'error', 'reset');
    mini.fail('GET', 'error');
    mini.fail('DELETE', 'error');
    expect(await storage.head('k')).toMatchObject({ bytes: content.length });
    expect((await contentOf(await storage.get('k'))).equals(content)).toBe(true);
    await storage.delete('k');
    expect(mini.objects.size).toBe(0);
  });

  it('a download that breaks off is an error, not a short file', async () => {
    await storage.put('k', sourceOf(content));
    mini.fail('GET', 'break-off');
    await expect(contentOf(await storage.get('k'))).rejects.toThrow();
  });

  it('wrong credentials, a missing bucket and nobody listening are told apart from success', async () => {
    for (const over of [{ credentials: { ...S3_KEY, secretAccessKey: 'wrong' } }, { credentials: { ...S3_KEY, accessKeyId: 'nobody' } }, { bucket: 'elsewhere' }, { endpoint: 'http://127.0.0.1:9' }]) {
      const wrong = open(over);
      expect(await failureOf(wrong.put('k', sourceOf(content)))).toBe('unavailable');
      await wrong.close();
    }
    expect(mini.objects.size).toBe(0);
  });

  it('the stand-in itself refuses a wrong CRC32 and takes a right one', async () => {
    const client = new S3Client({ region: S3_REGION, endpoint: mini.endpoint, forcePathStyle: true, credentials: S3_KEY, requestChecksumCalculation: 'WHEN_REQUIRED' });
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(content));
    const put = (ChecksumCRC32: string) => client.send(new PutObjectCommand({ Bucket: mini.bucket, Key: 'k', Body: content, ChecksumCRC32 }));
    await expect(put('AAAAAA==')).rejects.toMatchObject({ name: 'BadDigest' });
    expect(mini.objects.size).toBe(0);
    await put(crc.toString('base64'));
    expect(mini.objects.get('k')?.body.equals(content)).toBe(true);
    client.destroy();
  });
});

describe('a folder that fails', () => {
  const parts = { clock: systemClock, random: systemRandom };
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trunkline-objects-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const files = (at = folder): string[] => readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

  const disk = smallDisk(256);
  (disk === undefined ? it.skip : it)('a full disk keeps no half of an object, and takes it once there is room', async () => {
    const { path, remove } = disk!.mount();
    try {
      const storage = new FolderObjectStorage(join(path, 'objects'), parts);
      await storage.put('first', sourceOf(randomBytes(150_000)));
      const second = sourceOf(randomBytes(150_000));
      expect(await failureOf(storage.put('acme/second', second))).toBe('full');
      expect(files(path)).toEqual(['first']);
      expect(await storage.head('acme/second')).toBeUndefined();
      await storage.delete('first');
      await storage.put('acme/second', second);
      expect(await storage.head('acme/second')).toEqual({ bytes: 150_000, sha256: second.sha256 });
    } finally {
      remove();
    }
  });

  it('a folder that cannot be made or written is named as that', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(await failureOf(new FolderObjectStorage(join(folder, 'file/objects'), parts).put('k', sourceOf(Buffer.from('x'))))).toBe('unavailable');
    if (process.getuid?.() === 0) return;
    chmodSync(folder, 0o500);
    expect(await failureOf(new FolderObjectStorage(folder, parts).put('k', sourceOf(Buffer.from('x'))))).toBe('unavailable');
    chmodSync(folder, 0o700);
  });

  it('what a crash left unfinished is removed a day later, not before', async () => {
    const incoming = join(folder, '.incoming');
    mkdirSync(incoming);
    for (const [name, hoursAgo] of [['old', 25], ['new', 23]] as const) {
      writeFileSync(join(incoming, name), 'half');
      const at = (systemClock.now() - hoursAgo * 3_600_000) / 1000;
      utimesSync(join(incoming, name), at, at);
    }
    await new FolderObjectStorage(folder, parts).put('k', sourceOf(Buffer.from('x')));
    expect(files().sort()).toEqual(['k', 'new']);
  });

  it('a file that is still written while it is stored is not stored', async () => {
    const path = join(folder, 'live.wav');
    writeFileSync(path, randomBytes(100_000));
    const source = await fileSource(path, 'audio/wav');
    expect(source).toMatchObject({ bytes: 100_000, contentType: 'audio/wav' });
    writeFileSync(path, 'more', { flag: 'a' });
    const storage = new FolderObjectStorage(join(folder, 'objects'), parts);
    expect(await failureOf(storage.put('k', source))).toBe('corrupt');
    await storage.put('k', await fileSource(path, 'audio/wav'));
    expect((await storage.head('k'))?.sha256).toBe(createHash('sha256').update(await contentOf(await storage.get('k'))).digest('hex'));
    expect(execFileSync('cmp', [path, join(folder, 'objects/k')]).toString()).toBe('');
  });
});
