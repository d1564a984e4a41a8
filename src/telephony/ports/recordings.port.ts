import type { Page, PageRequest } from '../../platform/http/pages.js';
import type { RecordingFailure, RecordingStatus } from '../contract/recording-events.js';

/** A recording as it is known. Times ISO 8601 UTC. */
export interface RecordingView {
  readonly recordingId: string;
  readonly callId: string;
  readonly legId: string;
  readonly nodeId: string;
  readonly state: Exclude<RecordingStatus, 'none'>;
  readonly startedAt: string;
  /** Null while it runs. */
  readonly stoppedAt: string | null;
  /** Null while it runs, and where the switch did not say. */
  readonly durationMs: number | null;
  /** Null until it is stored, and once it is deleted. */
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly storedAt: string | null;
  /** Whether the media node still has its file. */
  readonly copyOnNode: boolean;
  readonly deletedAt: string | null;
  /** Of the last deed, if that failed: why, how often in a row, and when it is tried again by itself (null: not at all). */
  readonly failure: RecordingFailure | null;
  readonly failureDetail: string | null;
  readonly failedAt: string | null;
  readonly failedAttempts: number | null;
  readonly retryAt: string | null;
}

export interface RecordingFilter {
  readonly callId?: string | undefined;
  readonly state?: RecordingView['state'] | undefined;
}

/** A tenant's recordings. */
export interface Recordings {
  /** Newest first. */
  list(tenantId: string, filter: RecordingFilter, page: PageRequest): Promise<Page<RecordingView>>;
  one(tenantId: string, recordingId: string): Promise<RecordingView | undefined>;
  /** Where its content is; undefined unless it is stored. */
  objectOf(tenantId: string, recordingId: string): Promise<{ readonly key: string; readonly bytes: number; readonly sha256: string } | undefined>;
}

export const RECORDINGS = Symbol('Recordings');
