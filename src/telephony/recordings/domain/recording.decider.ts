import { conflict, notFound } from '../../../kernel/checks.js';
import { isoTime, msOf } from '../../../kernel/clock.js';
import type { CommandMeta } from '../../../kernel/command.js';
import type { Decider } from '../../../kernel/decider.js';
import type { RecordingCommand } from './recording.commands.js';
import { type RecordingDeed, type RecordingEvent, recordingEventSpecs, type RecordingFailure, type RecordingOrigin } from './recording.events.js';
import { evolveRecording, initialRecording, isGoing, type RecordingState } from './recording.state.js';

/** How long a deed is tried again and again, ms: long enough for a disk to be replaced. */
const GIVE_UP_MS = 7 * 24 * 3_600_000;
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** What no later attempt makes better. */
const FINAL: ReadonlySet<RecordingFailure> = new Set<RecordingFailure>(['file-missing', 'outside-folder', 'no-file', 'other-object', 'too-late']);

/** Opaque: tenant and recording are ids, and the ending tells players what it is. */
const keyOf = (tenantId: string, { recordingId, path }: RecordingOrigin): string => {
  const [ending = ''] = /\.[a-z0-9]{1,8}$/i.exec(path) ?? [];
  return `recordings/${tenantId}/${recordingId}${ending.toLowerCase()}`;
};

const request = (meta: CommandMeta, state: Pick<RecordingState, 'attempts' | 'fileRemoved'>, origin: RecordingOrigin, deed: RecordingDeed, deadlineAt?: string): RecordingEvent => {
  const { recordingId, nodeId, path } = origin;
  const attempt = (state.attempts[deed] ?? 0) + 1;
  return {
    type: 'RecordingDeedRequested',
    data: {
      recordingId, deedId: `${recordingId}:${deed}:${attempt}`, deed, attempt, nodeId, path: state.fileRemoved ? null : path, key: keyOf(meta.tenantId, origin),
      deadlineAt: deadlineAt ?? isoTime(msOf(meta.at) + GIVE_UP_MS),
    },
  };
};

/** When a deed that failed is tried again; null: never. */
const retryAfter = (at: string, attempt: number, reason: RecordingFailure, deadlineAt: string): string | null => {
  const retryMs = msOf(at) + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 20));
  return FINAL.has(reason) || retryMs >= msOf(deadlineAt) ? null : isoTime(retryMs);
};

const settle = ({ data: { deedId, result }, meta }: Extract<RecordingCommand, { type: 'SettleRecordingDeed' }>, state: RecordingState): readonly RecordingEvent[] => {
  const { origin } = state;
  const deed = state.open.find((open) => open.deedId === deedId);
  if (deed === undefined || origin === null) return [];
  const { recordingId } = origin;
  if (!result.done) {
    const { reason, detail } = result;
    const unwanted = deed.deed !== 'delete' && (state.status === 'deleting' || state.status === 'deleted');
    const retryAt = unwanted ? null : retryAfter(meta.at, deed.attempt, reason, deed.deadlineAt);
    return [{ type: 'RecordingDeedFailed', data: { recordingId, deedId, deed: deed.deed, attempt: deed.attempt, reason, detail, retryAt } }];
  }
  switch (deed.deed) {
    case 'store': {
      const { bytes, sha256 } = result;
      const stored: RecordingEvent = { type: 'RecordingStored', data: { recordingId, deedId, key: keyOf(meta.tenantId, origin), bytes, sha256 } };
      if (state.status === 'deleting') return [stored];
      // It was deleted while it was on its way: what arrived goes again.
      return [stored, request(meta, state, origin, state.status === 'deleted' ? 'delete' : 'remove-file')];
    }
    case 'remove-file':
      return [{ type: 'RecordingFileRemoved', data: { recordingId, deedId } }];
    case 'delete': {
      const deleted: RecordingEvent = { type: 'RecordingDeleted', data: { recordingId, deedId } };
      return state.stoppedWhileDeleted === deedId ? [deleted, request(meta, { ...state, fileRemoved: false }, origin, 'delete')] : [deleted];
    }
    default:
      deed.deed satisfies never;
      return [];
  }
};

const known = (state: RecordingState): RecordingOrigin => {
  if (state.origin === null) throw notFound('recording-not-found', 'there is no recording with this id');
  if (state.status === 'running') throw conflict('recording-running', 'the recording is still running; stop it first');
  return state.origin;
};

const isUnderWay = (state: RecordingState, wanted: RecordingDeed): boolean => [...state.open, ...state.waiting].some(({ deed }) => deed === wanted);

const remove = (meta: CommandMeta, state: RecordingState): readonly RecordingEvent[] =>
  state.origin === null || state.status === 'deleted' || isUnderWay(state, 'delete') ? [] : [request(meta, state, state.origin, 'delete')];

/**
 * One recording, from its start on a media node until its last copy is gone: the file is stored, then
 * the node's copy removed. What fails for a passing reason is tried again with growing pauses.
 */
export const recordingDecider: Decider<RecordingState, RecordingCommand, RecordingEvent> = {
  category: 'recording',
  version: 2,
  eventTypes: Object.keys(recordingEventSpecs) as RecordingEvent['type'][],
  initialState: initialRecording,
  evolve: evolveRecording,
  decide(command, state) {
    const { meta } = command;
    switch (command.type) {
      case 'AnnounceRecording': {
        const { startedAt, ...origin } = command.data;
        return state.status === 'none' ? [{ type: 'RecordingAnnounced', data: origin, occurredAt: startedAt }] : [];
      }
      case 'CompleteRecording': {
        if (state.stopped) return [];
        const { stoppedAt, durationMs, ...origin } = command.data;
        const completed: RecordingEvent = { type: 'RecordingCompleted', data: { ...origin, durationMs }, occurredAt: stoppedAt };
        // Erased while it ran: the deed that is under way may have come before the last of the file.
        if (isGoing(state)) return isUnderWay(state, 'delete') ? [completed] : [completed, request(meta, { ...state, fileRemoved: false }, origin, 'delete')];
        return [completed, request(meta, state, origin, 'store')];
      }
      case 'SettleRecordingDeed':
        return settle(command, state);
      case 'RetryRecordingDeed': {
        const { deed, attempt } = command.data;
        const failed = state.waiting.find((waiting) => waiting.deed === deed && waiting.attempt === attempt);
        return failed === undefined || state.origin === null ? [] : [request(meta, state, state.origin, deed, failed.deadlineAt)];
      }
      case 'StoreRecordingAgain': {
        const origin = known(state);
        if (state.status === 'deleting' || state.status === 'deleted') throw conflict('recording-deleted', 'the recording was deleted');
        return state.status === 'stored' || state.open.some(({ deed }) => deed === 'store') ? [] : [request(meta, state, origin, 'store')];
      }
      case 'DeleteRecording': {
        known(state);
        return remove(meta, state);
      }
      case 'EraseRecording':
        return remove(meta, state);
      default:
        command satisfies never;
        return [];
    }
  },
};
