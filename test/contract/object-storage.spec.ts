import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { FolderObjectStorage } from '../../src/platform/object-storage/folder.object-storage.js';
import { InMemoryObjectStorage } from '../../src/platform/object-storage/in-memory.object-storage.js';
import { S3ObjectStorage } from '../../src/platform/object-storage/s3.object-storage.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { S3_KEY, S3_REGION, S3Mini } from '../support/s3-mini.js';
import { objectStorageContract } from './object-storage.contract.js';

objectStorageContract('folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-objects-'));
  return {
    storage: new FolderObjectStorage(join(folder, 'not/made/yet'), { clock: systemClock, random: systemRandom }),
    kept: async () => (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => relative(join(folder, 'not/made/yet'), join(entry.parentPath, entry.name))),
    close: () => rm(folder, { recursive: true }),
  };
});

objectStorageContract('in-memory', async () => {
  const storage = new InMemoryObjectStorage();
  return { storage, kept: () => Promise.resolve(storage.keys), close: () => storage.close() };
});

objectStorageContract('s3', async () => {
  const mini = await S3Mini.start();
  const storage = new S3ObjectStorage({ bucket: mini.bucket, region: S3_REGION, endpoint: mini.endpoint, credentials: S3_KEY });
  return {
    storage,
    kept: () => Promise.resolve([...mini.objects.keys()]),
    close: async () => {
      await storage.close();
      await mini.close();
    },
  };
});
