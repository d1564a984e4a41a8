import type { ObjectSource } from '../../platform/object-storage/object-storage.port.js';
import type { RecordingFailure } from '../contract/recording-events.js';

/** Why a node's file cannot be read or removed. The detail has no path in it: a path may hold a number. */
export class RecordingFileProblem extends Error {
  override readonly name = 'RecordingFileProblem';
  constructor(
    readonly reason: Extract<RecordingFailure, 'file-missing' | 'outside-folder' | 'no-file' | 'folder-missing' | 'file-unreadable'>,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}

/** Recordings as the switches of this machine leave them in their folders. */
export interface RecordingFiles {
  /** Whether the files of the node are for this process. */
  isOurs(nodeId: string): boolean;
  /** Rejects with RecordingFileProblem. */
  open(nodeId: string, path: string): Promise<ObjectSource>;
  /** Afterwards there is no such file, whether or not there was. Rejects with RecordingFileProblem. */
  remove(nodeId: string, path: string): Promise<void>;
}
