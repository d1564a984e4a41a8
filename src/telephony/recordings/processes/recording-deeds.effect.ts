import type { Json, Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { Effect, EffectKind, Outcome } from '../../../platform/effects/effect-kind.js';
import { type ObjectFacts, type ObjectStorage, ObjectStorageError, type ObjectStorageFailure } from '../../../platform/object-storage/object-storage.port.js';
import type { Alarms } from '../../../platform/observability/alarms.port.js';
import { RecordingFileProblem, type RecordingFiles } from '../../ports/recording-files.port.js';
import type { DeedResult } from '../domain/recording.commands.js';
import type { RecordingDeed, RecordingEvent, RecordingFailure } from '../domain/recording.events.js';

export interface RecordingWork {
  readonly recordingId: string;
  readonly deed: RecordingDeed;
  readonly attempt: number;
  readonly nodeId: string;
  readonly path: string | null;
  readonly key: string;
}

export interface RecordingDeedParts {
  readonly files: RecordingFiles;
  readonly objects: ObjectStorage;
  readonly alarms: Alarms;
}

/** Recordings of a node that are worked on at a time. */
const LANES = 4;

const FAILURES: Readonly<Record<ObjectStorageFailure, RecordingFailure>> = { full: 'storage-full', unavailable: 'storage-unavailable', exists: 'other-object', 'not-found': 'storage-unavailable', corrupt: 'content-changed' };

const ALARM_OF: Readonly<Record<RecordingDeed, string>> = { store: 'recording-not-stored', 'remove-file': 'recording-file-not-removed', delete: 'recording-not-deleted' };

type Failure = Pick<Extract<DeedResult, { done: false }>, 'reason' | 'detail'>;

const failureOf = (error: unknown): Failure => {
  if (error instanceof RecordingFileProblem) return { reason: error.reason, detail: error.message };
  if (error instanceof ObjectStorageError) return { reason: FAILURES[error.failure], detail: error.message };
  return { reason: 'unknown', detail: 'something unexpected happened; the log has it' };
};

const done = ({ bytes, sha256 }: ObjectFacts): DeedResult => ({ done: true, bytes, sha256 });
const NOTHING: ObjectFacts = { bytes: 0, sha256: '' };

/**
 * Deeds on the copies of recordings, by their keys: each can be repeated, and finds what an earlier
 * attempt has done. One that fails is settled as failed at once; the recording decides when it is
 * tried again.
 */
export const recordingDeeds = ({ files, objects, alarms }: RecordingDeedParts): EffectKind<RecordingWork> => {
  /** Uploads the file, unless the storage has it already. */
  const store = async ({ nodeId, path, key }: RecordingWork): Promise<DeedResult> => {
    const there = await objects.head(key);
    let source;
    try {
      if (path === null) throw new RecordingFileProblem('file-missing', 'the media node has no copy any more');
      source = await files.open(nodeId, path);
    } catch (error) {
      if (error instanceof RecordingFileProblem && error.reason === 'file-missing' && there !== undefined) return done(there);
      throw error;
    }
    if (there === undefined) {
      try {
        await objects.put(key, source);
        return done(source);
      } catch (error) {
        if (!(error instanceof ObjectStorageError) || error.failure !== 'exists') throw error;
      }
    }
    const kept = there ?? (await objects.head(key));
    if (kept?.sha256 === source.sha256 && kept.bytes === source.bytes) return done(source);
    throw new ObjectStorageError('exists', 'the storage has something else under the key of this recording');
  };

  const act = async (work: RecordingWork): Promise<DeedResult> => {
    const { deed, nodeId, path, key } = work;
    if (deed === 'store') return store(work);
    if (deed === 'delete') await objects.delete(key);
    if (path !== null) {
      await files.remove(nodeId, path).catch((error: unknown) => {
        // What never was in the folder of the node is not ours to remove.
        if (!(error instanceof RecordingFileProblem) || (error.reason !== 'outside-folder' && error.reason !== 'no-file')) throw error;
      });
    }
    return done(NOTHING);
  };

  const warn = ({ recordingId, deed, attempt }: RecordingWork, { reason, detail }: Failure, error?: unknown): void =>
    alarms.raise({ code: ALARM_OF[deed], message: `${deed} of a recording failed: ${detail}`, details: { recordingId, reason, attempt }, ...(error === undefined ? {} : { error }) });

  return {
    name: 'recording-deeds',
    requestedType: 'RecordingDeedRequested',
    settledTypes: ['RecordingStored', 'RecordingFileRemoved', 'RecordingDeleted', 'RecordingDeedFailed'],
    turnEnds: 'done',

    effectOf(recorded: RecordedEvent): Effect<RecordingWork> {
      const { deedId, deadlineAt, ...work } = (recorded as Recorded<Extract<RecordingEvent, { type: 'RecordingDeedRequested' }>>).data;
      return { id: deedId, lane: `${work.nodeId}:${laneOf(work.recordingId)}`, guarantee: 'keyed', deadlineAt, request: work };
    },

    idOf: (event) => (event.data as { readonly deedId: string }).deedId,
    // Without a file on a node any process can do it.
    isReady: ({ nodeId, path }) => path === null || files.isOurs(nodeId),
    probe: () => Promise.resolve('perform'),

    async perform(work): Promise<Outcome> {
      const result = await act(work).catch((error: unknown): DeedResult => {
        const failure = failureOf(error);
        warn(work, failure, error);
        return { done: false, ...failure };
      });
      return { outcome: result.done ? 'succeeded' : 'failed', detail: result.done ? result.sha256 : result.reason, data: result as unknown as Json };
    },

    settleCommand({ id, request }, stream, { detail, data }) {
      // Without a result of ours its time has run out.
      const result: DeedResult = data === undefined ? { done: false, reason: 'too-late', detail } : (data as unknown as DeedResult);
      if (data === undefined && request !== undefined) warn(request, { reason: 'too-late', detail });
      return { stream, type: 'SettleRecordingDeed', data: { deedId: id, result } };
    },
  };
};

/** The same for all deeds of a recording, so that they keep their order. */
const laneOf = (recordingId: string): number => (recordingId.codePointAt(recordingId.length - 1) ?? 0) % LANES;
