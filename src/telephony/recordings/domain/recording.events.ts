import type { DomainEvent, EventSpecs } from '../../../kernel/event.js';

/** store: the file goes into the object storage. remove-file: the node's own copy goes. delete: every copy goes. */
export type RecordingDeed = 'store' | 'remove-file' | 'delete';

/**
 * Why a deed came to nothing. The first five end it for good; the others may be over in a while.
 * file-missing: there is no such file (FreeSWITCH itself removes what is shorter than RECORD_MIN_SEC).
 * outside-folder: it is not in the folder of its node. no-file: it is a folder or a device.
 * other-object: the storage has something else under its key. too-late: its time ran out.
 * content-changed: what arrived is not what was read: the file was still written, or it was damaged on its way.
 */
export type RecordingFailure =
  | 'file-missing' | 'outside-folder' | 'no-file' | 'other-object' | 'too-late'
  | 'folder-missing' | 'file-unreadable' | 'content-changed' | 'storage-full' | 'storage-unavailable' | 'unknown';

/** Where a recording is on its media node, and whose it is. */
export interface RecordingOrigin {
  readonly recordingId: string;
  readonly callId: string;
  readonly legId: string;
  readonly nodeId: string;
  /** On the node. */
  readonly path: string;
}

export type RecordingEvent =
  | DomainEvent<'RecordingAnnounced', RecordingOrigin>
  /** The file is whole; it occurred when the recording stopped. */
  | DomainEvent<'RecordingCompleted', RecordingOrigin & { readonly durationMs: number | null }>
  | DomainEvent<'RecordingDeedRequested', {
      readonly recordingId: string;
      readonly deedId: string;
      readonly deed: RecordingDeed;
      /** Counts the attempts of this deed, from 1. */
      readonly attempt: number;
      readonly nodeId: string;
      /** Null where the node has no copy any more. */
      readonly path: string | null;
      /** In the object storage. */
      readonly key: string;
      /** It is not tried any more after this; ISO 8601 UTC. */
      readonly deadlineAt: string;
    }>
  | DomainEvent<'RecordingStored', { readonly recordingId: string; readonly deedId: string; readonly key: string; readonly bytes: number; readonly sha256: string }>
  | DomainEvent<'RecordingFileRemoved', { readonly recordingId: string; readonly deedId: string }>
  | DomainEvent<'RecordingDeleted', { readonly recordingId: string; readonly deedId: string }>
  | DomainEvent<'RecordingDeedFailed', {
      readonly recordingId: string;
      readonly deedId: string;
      readonly deed: RecordingDeed;
      readonly attempt: number;
      readonly reason: RecordingFailure;
      readonly detail: string;
      /** When it is tried again by itself; null: not at all. */
      readonly retryAt: string | null;
    }>;

export const recordingEventSpecs: EventSpecs<RecordingEvent> = {
  RecordingAnnounced: { version: 1 },
  RecordingCompleted: { version: 1 },
  RecordingDeedRequested: { version: 1 },
  RecordingStored: { version: 1 },
  RecordingFileRemoved: { version: 1 },
  RecordingDeleted: { version: 1 },
  RecordingDeedFailed: { version: 1 },
};
