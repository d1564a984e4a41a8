import fc from 'fast-check';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import { recordingDecider } from '../../../src/telephony/recordings/domain/recording.decider.js';
import type { RecordingCommand } from '../../../src/telephony/recordings/domain/recording.commands.js';
import type { RecordingDeed, RecordingEvent, RecordingFailure } from '../../../src/telephony/recordings/domain/recording.events.js';
import { recordingTimers } from '../../../src/telephony/recordings/processes/recording.timers.js';
import { recordingsFollowCalls } from '../../../src/telephony/recordings/processes/recordings-follow-calls.process.js';
import { inSeconds, metaAt, NOW, specify } from '../../support/decider-spec.js';

const recording = specify(recordingDecider);
const origin = { recordingId: 'r', callId: 'c', legId: 'l', nodeId: 'n', path: '/recordings/r.WAV' };
const WEEK_S = 7 * 24 * 3_600;

const announced: RecordingEvent = { type: 'RecordingAnnounced', data: origin, occurredAt: inSeconds(-20) };
const completed: RecordingEvent = { type: 'RecordingCompleted', data: { ...origin, durationMs: 20_000 }, occurredAt: inSeconds(-1) };
const requested = (deed: RecordingDeed, attempt = 1, over: { readonly path?: null; readonly deadlineAt?: string } = {}): RecordingEvent => ({
  type: 'RecordingDeedRequested',
  data: { recordingId: 'r', deedId: `r:${deed}:${attempt}`, deed, attempt, nodeId: 'n', path: '/recordings/r.WAV', key: 'recordings/acme/r.wav', deadlineAt: inSeconds(WEEK_S), ...over },
});
const stored: RecordingEvent = { type: 'RecordingStored', data: { recordingId: 'r', deedId: 'r:store:1', key: 'recordings/acme/r.wav', bytes: 5, sha256: 'aa' } };
const removed: RecordingEvent = { type: 'RecordingFileRemoved', data: { recordingId: 'r', deedId: 'r:remove-file:1' } };
const deleted = (attempt = 1): RecordingEvent => ({ type: 'RecordingDeleted', data: { recordingId: 'r', deedId: `r:delete:${attempt}` } });
const failed = (deed: RecordingDeed, attempt: number, reason: RecordingFailure, retryAt: string | null): RecordingEvent => ({
  type: 'RecordingDeedFailed', data: { recordingId: 'r', deedId: `r:${deed}:${attempt}`, deed, attempt, reason, detail: 'd', retryAt },
});
const done = { done: true, bytes: 5, sha256: 'aa' } as const;
const not = (reason: RecordingFailure) => ({ done: false, reason, detail: 'd' }) as const;
const complete = { ...origin, stoppedAt: inSeconds(-1), durationMs: 20_000 };

describe('a recording', () => {
  it('lives from its announcement until the node has no copy of it', () => {
    recording.given().when('AnnounceRecording', { ...origin, startedAt: inSeconds(-20) }).then(announced);
    recording.given(announced).when('CompleteRecording', complete).then(completed, requested('store'));
    recording.given(announced, completed, requested('store')).when('SettleRecordingDeed', { deedId: 'r:store:1', result: done }).then(stored, requested('remove-file'));
    recording.given(announced, completed, requested('store'), stored, requested('remove-file')).when('SettleRecordingDeed', { deedId: 'r:remove-file:1', result: done }).then(removed);
  });

  it('is completed though its start was never told, and hears everything once', () => {
    recording.given().when('CompleteRecording', complete).then(completed, requested('store'));
    const state = [completed, requested('store')];
    recording.given(...state).when('CompleteRecording', complete).thenNothing();
    recording.given(...state).when('AnnounceRecording', { ...origin, startedAt: NOW }).thenNothing();
    recording.given(announced).when('AnnounceRecording', { ...origin, startedAt: NOW }).thenNothing();
    recording.given(...state, stored, requested('remove-file')).when('SettleRecordingDeed', { deedId: 'r:store:1', result: not('storage-full') }).thenNothing();
    recording.given().when('SettleRecordingDeed', { deedId: 'r:store:1', result: done }).thenNothing();
  });

  it('is tried again with growing pauses for as long as that may help', () => {
    const begun = [completed, requested('store')];
    recording.given(...begun).when('SettleRecordingDeed', { deedId: 'r:store:1', result: not('storage-full') }).then(failed('store', 1, 'storage-full', inSeconds(10)));
    recording.given(completed, requested('store', 4)).when('SettleRecordingDeed', { deedId: 'r:store:4', result: not('storage-unavailable') }).then(failed('store', 4, 'storage-unavailable', inSeconds(80)));
    recording.given(completed, requested('store', 60)).when('SettleRecordingDeed', { deedId: 'r:store:60', result: not('unknown') }).then(failed('store', 60, 'unknown', inSeconds(3_600)));
    recording.given(...begun, failed('store', 1, 'storage-full', inSeconds(10))).when('RetryRecordingDeed', { deed: 'store', attempt: 1 }, inSeconds(10)).then(requested('store', 2));
    for (const reason of ['file-missing', 'outside-folder', 'no-file', 'other-object', 'too-late'] as const) {
      recording.given(...begun).when('SettleRecordingDeed', { deedId: 'r:store:1', result: not(reason) }).then(failed('store', 1, reason, null));
    }
    recording.given(...begun).when('SettleRecordingDeed', { deedId: 'r:store:1', result: not('storage-full') }, inSeconds(WEEK_S - 5)).then(failed('store', 1, 'storage-full', null));
  });

  it('is not asked for twice by a timer that comes late or again', () => {
    const waiting = [completed, requested('store'), failed('store', 1, 'storage-full', inSeconds(10))];
    recording.given(...waiting, requested('store', 2)).when('RetryRecordingDeed', { deed: 'store', attempt: 1 }).thenNothing();
    recording.given(...waiting).when('RetryRecordingDeed', { deed: 'store', attempt: 2 }).thenNothing();
    recording.given(...waiting, requested('delete')).when('RetryRecordingDeed', { deed: 'store', attempt: 1 }).thenNothing();
  });

  it('that was given up is stored when somebody says so, with a week of its own', () => {
    const given = [completed, requested('store'), failed('store', 1, 'file-missing', null)];
    recording.given(...given).when('StoreRecordingAgain', {}, inSeconds(50)).then(requested('store', 2, { deadlineAt: inSeconds(50 + WEEK_S) }));
    recording.given(completed, requested('store')).when('StoreRecordingAgain', {}).thenNothing();
    recording.given(completed, requested('store'), stored, requested('remove-file')).when('StoreRecordingAgain', {}).thenNothing();
    recording.given().when('StoreRecordingAgain', {}).thenRejects('recording-not-found');
    recording.given(announced).when('StoreRecordingAgain', {}).thenRejects('recording-running');
    recording.given(completed, requested('store'), requested('delete')).when('StoreRecordingAgain', {}).thenRejects('recording-deleted');
  });

  it('is deleted from wherever it is', () => {
    const whole = [completed, requested('store'), stored, requested('remove-file'), removed];
    recording.given(...whole).when('DeleteRecording', {}).then(requested('delete', 1, { path: null }));
    recording.given(...whole.slice(0, 4)).when('DeleteRecording', {}).then(requested('delete'));
    recording.given(completed, requested('store')).when('DeleteRecording', {}).then(requested('delete'));
    recording.given(completed, requested('store'), failed('store', 1, 'storage-full', inSeconds(10))).when('DeleteRecording', {}).then(requested('delete'));
    recording.given(...whole, requested('delete')).when('SettleRecordingDeed', { deedId: 'r:delete:1', result: done }).then(deleted());
    recording.given(...whole, requested('delete')).when('DeleteRecording', {}).thenNothing();
    recording.given(...whole, requested('delete'), deleted()).when('DeleteRecording', {}).thenNothing();
    recording.given().when('DeleteRecording', {}).thenRejects('recording-not-found');
    recording.given(announced).when('DeleteRecording', {}).thenRejects('recording-running');
  });

  it('that could not be deleted is tried again, and by hand once that was given up', () => {
    const deleting = [completed, requested('store'), stored, requested('delete')];
    recording.given(...deleting).when('SettleRecordingDeed', { deedId: 'r:delete:1', result: not('storage-unavailable') }).then(failed('delete', 1, 'storage-unavailable', inSeconds(10)));
    recording.given(...deleting, failed('delete', 1, 'storage-unavailable', inSeconds(10))).when('DeleteRecording', {}).thenNothing();
    recording.given(...deleting, failed('delete', 1, 'too-late', null)).when('DeleteRecording', {}).then(requested('delete', 2));
  });

  it('that arrives in the storage after it was deleted goes again, and nothing else is tried for it', () => {
    const storing = [completed, requested('store'), requested('delete')];
    recording.given(...storing).when('SettleRecordingDeed', { deedId: 'r:store:1', result: done }).then(stored);
    recording.given(...storing).when('SettleRecordingDeed', { deedId: 'r:store:1', result: not('storage-full') }).then(failed('store', 1, 'storage-full', null));
    recording.given(...storing, deleted()).when('SettleRecordingDeed', { deedId: 'r:store:1', result: done }).then(stored, requested('delete', 2, { path: null }));
  });

  it('of somebody who was erased goes also while it runs, and what the switch writes of it until the end goes after', () => {
    recording.given().when('EraseRecording', {}).thenNothing();
    recording.given(completed, requested('store'), stored, requested('remove-file'), removed).when('EraseRecording', {}).then(requested('delete', 1, { path: null }));
    recording.given(announced).when('EraseRecording', {}).then(requested('delete'));
    recording.given(announced, requested('delete'), deleted()).when('CompleteRecording', complete).then(completed, requested('delete', 2));
    const stoppedMeanwhile = [announced, requested('delete'), completed];
    recording.given(announced, requested('delete')).when('CompleteRecording', complete).then(completed);
    recording.given(...stoppedMeanwhile).when('SettleRecordingDeed', { deedId: 'r:delete:1', result: done }).then(deleted(), requested('delete', 2));
    recording.given(...stoppedMeanwhile, deleted(), requested('delete', 2)).when('SettleRecordingDeed', { deedId: 'r:delete:2', result: done }).then(deleted(2));
  });

  it('keeps its order whatever comes in whatever order: one deed of a kind at a time, and none after its end but deleting', () => {
    const deed = fc.constantFrom<RecordingDeed>('store', 'remove-file', 'delete');
    const attempt = fc.integer({ min: 1, max: 4 });
    const step = fc.oneof(
      fc.constantFrom({ type: 'AnnounceRecording', data: { ...origin, startedAt: NOW } }, { type: 'CompleteRecording', data: complete }, { type: 'StoreRecordingAgain', data: {} }, { type: 'DeleteRecording', data: {} }, { type: 'EraseRecording', data: {} }),
      fc.record({ type: fc.constant('RetryRecordingDeed'), data: fc.record({ deed, attempt }) }),
      fc.record({ type: fc.constant('SettleRecordingDeed'), data: fc.record({ deedId: fc.tuple(deed, attempt).map(([d, n]) => `r:${d}:${n}`), result: fc.constantFrom(done, not('storage-full'), not('file-missing')) }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let state = recordingDecider.initialState;
        const seen = new Set<string>();
        for (const [index, { type, data }] of steps.entries()) {
          const at = inSeconds(index * 5);
          let events: readonly RecordingEvent[] = [];
          try {
            events = recordingDecider.decide({ type, data, meta: metaAt(at) } as unknown as RecordingCommand, state);
          } catch {
            continue;
          }
          for (const event of events) {
            if (event.type === 'RecordingDeedRequested') {
              expect(seen.has(event.data.deedId)).toBe(false);
              seen.add(event.data.deedId);
              expect(state.open.some(({ deed: open }) => open === event.data.deed)).toBe(false);
              if (state.status === 'deleted' || state.status === 'deleting') expect(event.data.deed).toBe('delete');
            }
            state = recordingDecider.evolve(state, { ...event, occurredAt: event.occurredAt ?? at });
          }
        }
      }),
    );
  });
});

const happening = (type: string, data: object, stream = 'call-c'): RecordedEvent =>
  ({ id: 'e', type, schemaVersion: 1, data, stream, revision: 0n, position: 1n, recordedAt: NOW, metadata: { tenantId: 'acme', occurredAt: inSeconds(-3), commandId: 'x', $correlationId: 'c', $causationId: 'x', actor: { kind: 'switch', id: 'n' } } }) as unknown as RecordedEvent;

describe('what follows from what', () => {
  it('the recordings of a call begin and end with it', () => {
    const { recordingId, legId, nodeId, path } = origin;
    expect(recordingsFollowCalls.react(happening('RecordingStarted', { recordingId, legId, nodeId, path }))).toEqual([{ stream: 'recording-r', type: 'AnnounceRecording', data: { ...origin, startedAt: inSeconds(-3) } }]);
    expect(recordingsFollowCalls.react(happening('RecordingStopped', { recordingId, legId, nodeId, path, durationMs: 7 }))).toEqual([{ stream: 'recording-r', type: 'CompleteRecording', data: { ...origin, stoppedAt: inSeconds(-3), durationMs: 7 } }]);
  });

  it('a failed deed is asked for again after its pause, unless it was already, or is given up', () => {
    const timersOf = ({ type, data }: RecordingEvent) => recordingTimers.timersOf(happening(type, data, 'recording-r'));
    expect(timersOf(failed('store', 3, 'storage-full', inSeconds(40)))).toEqual([{ set: 'recording:r:store', dueAt: inSeconds(40), command: { stream: 'recording-r', type: 'RetryRecordingDeed', data: { deed: 'store', attempt: 3 } } }]);
    expect(timersOf(failed('store', 3, 'file-missing', null))).toEqual([]);
    expect(timersOf(requested('store', 4))).toEqual([{ cancel: 'recording:r:store' }]);
    expect(timersOf(requested('delete'))).toEqual([{ cancel: 'recording:r:delete' }, { cancel: 'recording:r:store' }, { cancel: 'recording:r:remove-file' }]);
  });
});
