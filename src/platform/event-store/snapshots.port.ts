import type { Json } from '../../kernel/event.js';

export interface Snapshot {
  readonly revision: bigint;
  readonly version: number;
  readonly state: Json;
}

/**
 * Disposable copies of folded state: losing all of them costs time, never truth. Only states
 * without personal data are kept.
 */
export interface SnapshotStore {
  load(name: string): Promise<Snapshot | undefined>;
  save(name: string, snapshot: Snapshot): Promise<void>;
}

export const SNAPSHOTS = Symbol('SnapshotStore');
