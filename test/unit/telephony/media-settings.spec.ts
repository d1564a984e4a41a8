import { hostname, networkInterfaces } from 'node:os';
import { openObjectStorage } from '../../../src/engine/object-storage.js';
import { FolderObjectStorage } from '../../../src/platform/object-storage/folder.object-storage.js';
import { S3ObjectStorage } from '../../../src/platform/object-storage/s3.object-storage.js';
import { systemRandom } from '../../../src/platform/time/system-random.js';
import { settingsFrom } from '../../../src/settings.js';
import { isThisMachine } from '../../../src/telephony/adapters/host/this-machine.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('settings of recordings', () => {
  const open = (env: Readonly<Record<string, string>>) => openObjectStorage(settingsFrom(env), new ManualClock(), systemRandom);

  it('keep them in the data folder, or in a bucket where one is named', async () => {
    expect(await open({})).toBeInstanceOf(FolderObjectStorage);
    const s3 = await open({ S3_BUCKET: 'b', S3_ENDPOINT: 'http://127.0.0.1:9000', S3_ACCESS_KEY_ID: 'a', S3_SECRET_ACCESS_KEY: 's' });
    expect(s3).toBeInstanceOf(S3ObjectStorage);
    await s3.close();
  });

  it('that do not go together are refused', async () => {
    await expect(open({ S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'a' })).rejects.toThrow(/S3_SECRET_ACCESS_KEY go together/);
    await expect(open({ S3_ENDPOINT: 'http://127.0.0.1:9000' })).rejects.toThrow(/S3_BUCKET is not/);
  });

  it('name the media nodes of this machine', () => {
    expect(settingsFrom({}).mediaNodes).toBeUndefined();
    expect(settingsFrom({ TRUNKLINE_MEDIA_NODES: 'fs1, fs-2.example' }).mediaNodes).toEqual(['fs1', 'fs-2.example']);
    for (const wrong of ['fs1,', 'fs 1', 'fs1;fs2']) expect(() => settingsFrom({ TRUNKLINE_MEDIA_NODES: wrong })).toThrow(/TRUNKLINE_MEDIA_NODES.*is no name/);
  });

  it('or know them by their host', () => {
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []).map(({ address }) => address);
    for (const host of ['localhost', '127.0.0.1', '127.8.9.10', '::1', '[::1]', hostname(), hostname().toUpperCase(), ...own]) expect([host, isThisMachine(host)]).toEqual([host, true]);
    for (const host of ['192.0.2.1', 'fs1.example', '128.0.0.1', '2001:db8::1', '']) expect([host, isThisMachine(host)]).toEqual([host, false]);
  });
});
