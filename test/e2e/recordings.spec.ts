import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { recordings } from '../../projections/recordings/recordings.projection.js';
import { streamOf } from '../../src/kernel/streams.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { FolderObjectStorage } from '../../src/platform/object-storage/folder.object-storage.js';
import { type ObjectStorage, ObjectStorageError } from '../../src/platform/object-storage/object-storage.port.js';
import { S3ObjectStorage } from '../../src/platform/object-storage/s3.object-storage.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import type { Line } from '../../src/simulator/switch/far-end.js';
import { CallCenter } from '../support/call-center.js';
import { quickPhone } from '../support/phones.js';
import { eventually } from '../support/engine.js';
import { S3_KEY, S3_REGION, S3Mini } from '../support/s3-mini.js';

jest.setTimeout(60_000);

const IVR = '+4930555020';

interface Scene {
  readonly center: CallCenter;
  readonly key: string;
  readonly folder: string;
  line(): Promise<Line>;
  /** A recording that was made and stopped. */
  recorded(): Promise<{ readonly recordingId: string; readonly callId: string; readonly line: Line }>;
  events(recordingId: string): Promise<RecordedEvent[]>;
  seen(recordingId: string, type: string): Promise<RecordedEvent>;
  get(path: string, headers?: Readonly<Record<string, string>>): ReturnType<CallCenter['request']>;
}

describe('recordings, from the switch to the archive', () => {
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const start = async (objects: ObjectStorage): Promise<Scene> => {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-recordings-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const center = await CallCenter.start({ projections: [recordings], node: { recordingsFolder: folder }, engine: { objects } });
    closing.push(() => center.close());
    const key = await center.keyFor('acme', 'calls:write', 'calls:read', 'admin');
    await center.queue('ivr', IVR);
    const post = (callId: string, path: string) => center.request('POST', `/v1/calls/${callId}/${path}`, { key, body: {} });
    const events = (recordingId: string): Promise<RecordedEvent[]> => center.engine.engine.core.log.readStream(streamOf('recording', recordingId));
    const line = async (): Promise<Line> => {
      const one = center.call(IVR, '+4915112345678', quickPhone());
      await center.seen(one.channelId, 'LegAnswered');
      return one;
    };
    return {
      center, key, folder, line, events,
      recorded: async () => {
        const one = await line();
        const callId = one.channelId;
        const begun = await post(callId, 'recordings');
        expect(begun.status).toBe(202);
        const { recordingId } = begun.body as { recordingId: string };
        await center.seen(callId, 'RecordingStarted', { recordingId });
        await new Promise((resolve) => void systemClock.after(30, () => resolve(undefined)));
        expect((await center.request('DELETE', `/v1/calls/${callId}/recordings/${recordingId}`, { key })).status).toBe(202);
        await center.seen(callId, 'RecordingStopped', { recordingId });
        return { recordingId, callId, line: one };
      },
      seen: (recordingId, type) => eventually(`${type} of the recording`, async () => (await events(recordingId)).find((event) => event.type === type)),
      get: (path, headers = {}) => center.request('GET', path, { key, headers }),
    };
  };

  const folderStorage = (): { readonly objects: FolderObjectStorage; readonly root: string } => {
    const root = mkdtempSync(join(tmpdir(), 'trunkline-objects-'));
    closing.push(() => rmSync(root, { recursive: true, force: true }));
    return { objects: new FolderObjectStorage(root, { clock: systemClock, random: systemRandom }), root };
  };

  /** What is downloaded, with its hash. */
  const download = async ({ center, key }: Scene, recordingId: string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${center.url}/v1/recordings/${recordingId}/content`, { headers: { authorization: `Bearer ${key}`, ...headers } });
    const content = Buffer.from(await response.arrayBuffer());
    return { response, content, sha256: createHash('sha256').update(content).digest('hex') };
  };

  const wholeWay = async (scene: Scene): Promise<void> => {
    const { center, folder, recorded, events, seen, get } = scene;
    const { recordingId, callId, line } = await recorded();
    const removed = await seen(recordingId, 'RecordingFileRemoved');
    line.hangUp();
    expect((await events(recordingId)).map(({ type }) => type)).toEqual(['RecordingAnnounced', 'RecordingCompleted', 'RecordingDeedRequested', 'RecordingStored', 'RecordingDeedRequested', 'RecordingFileRemoved']);
    const stored = (await seen(recordingId, 'RecordingStored')).data as { bytes: number; sha256: string; key: string };
    expect(stored.key).toBe(`recordings/acme/${recordingId}.wav`);
    expect(existsSync(join(folder, `${recordingId}.wav`))).toBe(false);

    await center.engine.engine.progress.waitFor('recordings', removed.position, 10_000);
    const list = await get(`/v1/recordings?callId=${callId}&after=${removed.position}`);
    expect(list).toMatchObject({ status: 200, body: { next: null, items: [{ recordingId, callId, legId: callId, nodeId: 'fs1', state: 'stored', bytes: stored.bytes, sha256: stored.sha256, copyOnNode: false, failure: null }] } });
    expect((await get('/v1/recordings?callId=other')).body.items).toEqual([]);
    expect((await get(`/v1/recordings/${recordingId}`)).body).toEqual(list.body.items[0]);

    const whole = await download(scene, recordingId);
    expect(whole.response.status).toBe(200);
    expect(Object.fromEntries(whole.response.headers)).toMatchObject({ 'content-type': 'audio/wav', 'content-length': String(stored.bytes), etag: `"${stored.sha256}"`, 'accept-ranges': 'bytes', 'content-disposition': `attachment; filename="${recordingId}.wav"` });
    expect(whole.sha256).toBe(stored.sha256);
    expect(whole.content.subarray(0, 4).toString()).toBe('RIFF');

    const part = await download(scene, recordingId, { range: 'bytes=4-11' });
    expect(part.response.status).toBe(206);
    expect(part.response.headers.get('content-range')).toBe(`bytes 4-11/${stored.bytes}`);
    expect(part.content.equals(whole.content.subarray(4, 12))).toBe(true);
    expect((await download(scene, recordingId, { range: 'bytes=-4' })).content.equals(whole.content.subarray(-4))).toBe(true);
    const beyond = await get(`/v1/recordings/${recordingId}/content`, { range: `bytes=${stored.bytes}-` });
    expect(beyond).toMatchObject({ status: 416, body: { code: 'range-beyond-end' } });
    expect(beyond.headers.get('content-range')).toBe(`bytes */${stored.bytes}`);
    expect((await download(scene, recordingId, { 'if-none-match': `"${stored.sha256}"` })).response.status).toBe(304);
    expect((await download(scene, recordingId, { range: 'bytes=4-11', 'if-range': '"another"' })).response.status).toBe(200);
  };

  it('is stored in a folder, listed, downloaded, and deleted with every copy', async () => {
    const { objects, root } = folderStorage();
    const scene = await start(objects);
    await wholeWay(scene);
    const { center, key, get, seen } = scene;
    const [{ recordingId }] = (await get('/v1/recordings')).body.items as [{ recordingId: string }];

    const reader = await center.keyFor('acme', 'calls:read');
    expect(await center.request('DELETE', `/v1/recordings/${recordingId}`, { key: reader })).toMatchObject({ status: 403 });
    const stranger = await center.keyFor('globex', 'calls:read', 'admin');
    for (const [method, path] of [['GET', ''], ['GET', '/content'], ['DELETE', ''], ['POST', '/store']] as const) {
      expect(await center.request(method, `/v1/recordings/${recordingId}${path}`, { key: stranger })).toMatchObject({ status: 404, body: { code: 'recording-not-found' } });
    }
    expect((await center.request('GET', '/v1/recordings', { key: stranger })).body.items).toEqual([]);

    const deleted = await center.request('DELETE', `/v1/recordings/${recordingId}`, { key });
    expect(deleted).toMatchObject({ status: 202, body: { recordingId } });
    const gone = await seen(recordingId, 'RecordingDeleted');
    expect(readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
    expect((await get(`/v1/recordings/${recordingId}?after=${gone.position}`)).body).toMatchObject({ state: 'deleted', bytes: null, sha256: null, deletedAt: expect.any(String) });
    expect(await get(`/v1/recordings/${recordingId}/content`)).toMatchObject({ status: 404, body: { code: 'recording-deleted' } });
    expect((await center.request('DELETE', `/v1/recordings/${recordingId}`, { key })).body.position).toBe('0');
    expect(await center.request('POST', `/v1/recordings/${recordingId}/store`, { key })).toMatchObject({ status: 409, body: { code: 'recording-deleted' } });
    expect([...center.engine.alarms.counts.keys()].filter((code) => code.startsWith('recording'))).toEqual([]);
  });

  it('is stored in a bucket, and goes through what S3 does to it', async () => {
    const mini = await S3Mini.start();
    closing.push(() => mini.close());
    const objects = new S3ObjectStorage({ bucket: mini.bucket, region: S3_REGION, endpoint: mini.endpoint, credentials: S3_KEY });
    closing.push(() => objects.close());
    const scene = await start(objects);
    await wholeWay(scene);
    expect([...mini.objects.values()].map(({ headers }) => headers['content-type'])).toEqual(['audio/wav']);

    // While the bucket is away, content is not to be had, and says so.
    const [{ recordingId }] = (await scene.get('/v1/recordings')).body.items as [{ recordingId: string }];
    mini.fail('GET', 'error', 'error', 'error');
    expect(await scene.get(`/v1/recordings/${recordingId}/content`)).toMatchObject({ status: 503, body: { code: 'object-storage-unavailable' } });
    mini.fail('GET', 'break-off');
    expect(await scene.get(`/v1/recordings/${recordingId}/content`)).toMatchObject({ status: 503, body: { code: 'object-storage-unavailable' } });
    // Somebody changed the object behind our back: it is not given out as what was recorded.
    const [[key, object]] = [...mini.objects] as [[string, { body: Buffer; headers: Record<string, string> }]];
    mini.objects.set(key, { ...object, body: Buffer.concat([object.body.subarray(0, -1), Buffer.from([object.body.at(-1)! ^ 1])]) });
    expect(await scene.get(`/v1/recordings/${recordingId}/content`)).toMatchObject({ status: 503, body: { code: 'recording-damaged' } });
    expect(scene.center.engine.alarms.count('recording-damaged')).toBe(1);
    mini.objects.delete(key);
    expect(await scene.get(`/v1/recordings/${recordingId}/content`)).toMatchObject({ status: 404, body: { code: 'recording-content-missing' } });
  });

  it('a call that ends ends its recording, and that is stored too', async () => {
    const scene = await start(folderStorage().objects);
    const line = await scene.line();
    const { recordingId } = (await scene.center.request('POST', `/v1/calls/${line.channelId}/recordings`, { key: scene.key, body: {} })).body as { recordingId: string };
    await scene.center.seen(line.channelId, 'RecordingStarted');
    const announced = await scene.seen(recordingId, 'RecordingAnnounced');
    expect((await scene.get(`/v1/recordings/${recordingId}?after=${announced.position}`)).body).toMatchObject({ state: 'running', stoppedAt: null, bytes: null });
    expect(await scene.get(`/v1/recordings/${recordingId}/content`)).toMatchObject({ status: 409, body: { code: 'recording-not-stored' } });
    expect(await scene.center.request('DELETE', `/v1/recordings/${recordingId}`, { key: scene.key })).toMatchObject({ status: 409, body: { code: 'recording-running' } });
    line.hangUp();
    await scene.seen(recordingId, 'RecordingStored');
  });

  it('a full disk is named, nothing half is kept, the file stays where it is, and once there is room it is stored', async () => {
    const { objects, root } = folderStorage();
    let full = true;
    const tight: ObjectStorage = {
      put: (key, source) => (full ? Promise.reject(new ObjectStorageError('full', 'the disk is full (ENOSPC)')) : objects.put(key, source)),
      get: (key, range) => objects.get(key, range),
      head: (key) => objects.head(key),
      delete: (key) => objects.delete(key),
      close: () => objects.close(),
    };
    const scene = await start(tight);
    const { center, key, folder, recorded, seen, get } = scene;
    const { recordingId } = await recorded();
    const failed = await seen(recordingId, 'RecordingDeedFailed');
    expect(failed.data).toMatchObject({ deed: 'store', attempt: 1, reason: 'storage-full', retryAt: expect.any(String) });
    expect(existsSync(join(folder, `${recordingId}.wav`))).toBe(true);
    expect(readdirSync(root)).toEqual([]);
    expect((await get(`/v1/recordings/${recordingId}?after=${failed.position}`)).body).toMatchObject({ state: 'storing', failure: 'storage-full', failedAttempts: 1, retryAt: (failed.data as { retryAt: string }).retryAt, bytes: null, copyOnNode: true });
    expect(await get(`/v1/recordings/${recordingId}/content`)).toMatchObject({ status: 409, body: { code: 'recording-not-stored' } });
    expect(center.engine.alarms.count('recording-not-stored')).toBe(1);
    full = false;
    expect(await center.request('POST', `/v1/recordings/${recordingId}/store`, { key })).toMatchObject({ status: 202 });
    await seen(recordingId, 'RecordingStored');
    const removed = await seen(recordingId, 'RecordingFileRemoved');
    expect((await get(`/v1/recordings/${recordingId}?after=${removed.position}`)).body).toMatchObject({ state: 'stored', failure: null, retryAt: null, copyOnNode: false });
    expect(existsSync(join(folder, `${recordingId}.wav`))).toBe(false);
  });

  it('a file that is not there is said to be missing, and is not asked for again by itself', async () => {
    const scene = await start(folderStorage().objects);
    const { center, folder, line, seen, get, key } = scene;
    const { channelId: callId } = await line();
    // The switch cannot write where no folder is.
    rmSync(folder, { recursive: true });
    const { recordingId } = (await center.request('POST', `/v1/calls/${callId}/recordings`, { key, body: {} })).body as { recordingId: string };
    await center.seen(callId, 'RecordingStarted');
    await center.request('DELETE', `/v1/calls/${callId}/recordings/${recordingId}`, { key });
    expect((await seen(recordingId, 'RecordingDeedFailed')).data).toMatchObject({ reason: 'folder-missing', retryAt: expect.any(String) });
    mkdirSync(folder);
    await center.request('POST', `/v1/recordings/${recordingId}/store`, { key });
    const missing = await eventually('the second attempt', async () => (await scene.events(recordingId)).find(({ type, data }) => type === 'RecordingDeedFailed' && (data as { attempt: number }).attempt === 2));
    expect(missing.data).toMatchObject({ reason: 'file-missing', retryAt: null });
    expect((await get(`/v1/recordings/${recordingId}?after=${missing.position}`)).body).toMatchObject({ state: 'failed', failure: 'file-missing', retryAt: null });
  });
});
