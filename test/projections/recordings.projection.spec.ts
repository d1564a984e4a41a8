import { afterEach, describe, expect, it } from '@jest/globals';
import { recordings } from '../../projections/recordings/recordings.projection.js';
import { RecordingsQueries } from '../../projections/recordings/recordings.queries.js';
import type { RecordingDeed, RecordingFailure } from '../../src/telephony/contract/recording-events.js';
import { givenEvents, type GivenEvent, type Projected } from '../support/projection-spec.js';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 9, 0, second)).toISOString();
const origin = (recordingId: string) => ({ recordingId, callId: `call-of-${recordingId}`, legId: 'leg', nodeId: 'fs1', path: `/r/${recordingId}.wav` });

/** Events of one recording, each told at its second. */
const life = (recordingId: string, tenantId = 'acme') => {
  const event = (type: string, second: number, data: object): GivenEvent => ({ stream: `recording-${recordingId}`, type, data, at: at(second), tenantId });
  return {
    announced: (second: number) => event('RecordingAnnounced', second, origin(recordingId)),
    completed: (second: number, durationMs: number | null = 4_000) => event('RecordingCompleted', second, { ...origin(recordingId), durationMs }),
    requested: (second: number, deed: RecordingDeed, attempt = 1) => event('RecordingDeedRequested', second, { recordingId, deedId: `${recordingId}:${deed}:${attempt}`, deed, attempt, nodeId: 'fs1', path: null, key: `recordings/acme/${recordingId}.wav`, deadlineAt: at(59) }),
    stored: (second: number) => event('RecordingStored', second, { recordingId, deedId: `${recordingId}:store:1`, key: `recordings/acme/${recordingId}.wav`, bytes: 64_044, sha256: 'ab' }),
    removed: (second: number) => event('RecordingFileRemoved', second, { recordingId, deedId: `${recordingId}:remove-file:1` }),
    deleted: (second: number) => event('RecordingDeleted', second, { recordingId, deedId: `${recordingId}:delete:1` }),
    failed: (second: number, deed: RecordingDeed, reason: RecordingFailure, retryAt: string | null, attempt = 1) => event('RecordingDeedFailed', second, { recordingId, deedId: `${recordingId}:${deed}:${attempt}`, deed, attempt, reason, detail: 'why', retryAt }),
  };
};

describe('the read model of recordings', () => {
  let projected: Projected;
  afterEach(() => projected.close());
  const one = (recordingId = 'r', tenantId = 'acme') => new RecordingsQueries(projected.database).one(tenantId, recordingId);

  it('follows one from its start until nothing of it is left', async () => {
    const r = life('r');
    projected = await givenEvents(r.announced(1)).project(recordings);
    const nothing = { bytes: null, sha256: null, storedAt: null, deletedAt: null, failure: null, failureDetail: null, failedAt: null, failedAttempts: null, retryAt: null };
    const running = { recordingId: 'r', callId: 'call-of-r', legId: 'leg', nodeId: 'fs1', state: 'running', startedAt: at(1), stoppedAt: null, durationMs: null, copyOnNode: true, ...nothing };
    expect(await one()).toEqual(running);
    await projected.more(r.completed(5), r.requested(5, 'store'));
    const storing = { ...running, state: 'storing', stoppedAt: at(5), durationMs: 4_000 };
    expect(await one()).toEqual(storing);
    await projected.more(r.failed(6, 'store', 'storage-full', at(16)));
    expect(await one()).toEqual({ ...storing, failure: 'storage-full', failureDetail: 'why', failedAt: at(6), failedAttempts: 1, retryAt: at(16) });
    expect(await new RecordingsQueries(projected.database).objectOf('acme', 'r')).toBeUndefined();
    await projected.more(r.requested(16, 'store', 2));
    expect(await one()).toMatchObject({ state: 'storing', failure: 'storage-full', retryAt: null });
    await projected.more(r.stored(17), r.requested(17, 'remove-file'));
    const stored = { ...storing, state: 'stored', bytes: 64_044, sha256: 'ab', storedAt: at(17) };
    expect(await one()).toEqual(stored);
    expect(await new RecordingsQueries(projected.database).objectOf('acme', 'r')).toEqual({ key: 'recordings/acme/r.wav', bytes: 64_044, sha256: 'ab' });
    await projected.more(r.failed(18, 'remove-file', 'file-unreadable', at(28)));
    expect(await one()).toMatchObject({ state: 'stored', copyOnNode: true, failure: 'file-unreadable', retryAt: at(28) });
    await projected.more(r.requested(28, 'remove-file', 2), r.removed(29));
    expect(await one()).toEqual({ ...stored, copyOnNode: false });
    await projected.more(r.requested(30, 'delete'));
    expect(await one()).toEqual({ ...stored, copyOnNode: false, state: 'deleting' });
    expect(await new RecordingsQueries(projected.database).objectOf('acme', 'r')).toBeUndefined();
    await projected.more(r.deleted(31));
    expect(await one()).toEqual({ ...storing, ...nothing, copyOnNode: false, state: 'deleted', storedAt: at(17), deletedAt: at(31) });
  });

  it('tells what was given up, and begins where the switch says when only the end was told', async () => {
    const r = life('r');
    projected = await givenEvents(r.completed(9), r.requested(9, 'store'), r.failed(10, 'store', 'file-missing', null)).project(recordings);
    expect(await one()).toMatchObject({ state: 'failed', startedAt: at(5), stoppedAt: at(9), durationMs: 4_000, failure: 'file-missing', retryAt: null });
    const late = life('late');
    await projected.more(late.completed(9, null), late.requested(9, 'store'), late.requested(10, 'delete'), late.failed(11, 'store', 'storage-full', null), late.stored(12));
    expect(await one('late')).toMatchObject({ state: 'deleting', startedAt: at(9), durationMs: null });
  });

  it('lists the newest first, by call and by state, page by page, and nothing of another tenant', async () => {
    const events = [1, 2, 3, 4, 5].flatMap((n) => [life(`r-${n}`).announced(n)]);
    projected = await givenEvents(...events, life('r-5').completed(6), life('theirs', 'globex').announced(7)).project(recordings);
    const queries = new RecordingsQueries(projected.database);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await queries.list('acme', {}, { limit: 2, cursor });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ recordingId }) => recordingId));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['r-5', 'r-4', 'r-3', 'r-2', 'r-1']);
    const all = { limit: 100, cursor: undefined };
    expect((await queries.list('acme', { callId: 'call-of-r-3' }, all)).items.map(({ recordingId }) => recordingId)).toEqual(['r-3']);
    expect((await queries.list('acme', { state: 'storing' }, all)).items.map(({ recordingId }) => recordingId)).toEqual(['r-5']);
    expect((await queries.list('globex', {}, all)).items.map(({ recordingId }) => recordingId)).toEqual(['theirs']);
    expect(await one('theirs')).toBeUndefined();
  });

  it('has the same rows in any cut of the log', async () => {
    const r = life('r');
    const events = [r.announced(1), r.completed(5), r.requested(5, 'store'), r.failed(6, 'store', 'unknown', at(16)), r.requested(16, 'store', 2), r.stored(17), r.requested(17, 'remove-file'), r.removed(18), life('s').announced(19), r.requested(20, 'delete'), r.deleted(21)];
    const tables: unknown[] = [];
    for (const batchSize of [1, 2, 3, 100]) {
      projected = await givenEvents(...events).project(recordings, { batchSize });
      tables.push(await projected.rows('recordings'));
      if (batchSize !== 100) await projected.close();
    }
    for (const table of tables) expect(table).toEqual(tables[0]);
  });
});
