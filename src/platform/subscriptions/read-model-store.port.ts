import type { LeaseToken } from './leases.port.js';
import type { PreparedProjection, ProjectionBatch } from './projection-batch.js';

/** Where a version of a projection stands. */
export interface ProjectionState {
  readonly name: string;
  readonly version: number;
  readonly position: bigint;
  readonly logId: string;
  /** Changes when the rows were exchanged for others, so that nobody goes on with what he remembers. */
  readonly generation: bigint;
  /** Whether queries see this version. */
  readonly active: boolean;
}

/** Somebody else has moved the checkpoint, or exchanged the rows: nothing was written. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** Rows and checkpoints that are written together or not at all. */
export interface ReadModelWrite {
  /** Where the versions stand now, as far as the writer knows. */
  readonly states: readonly ProjectionState[];
  /** Where they stand after. */
  readonly upTo: bigint;
  readonly logId: string;
  readonly lease?: LeaseToken | undefined;
  readonly batches: readonly ProjectionBatch[];
  /** A parked event that is among them, and no longer waits. */
  readonly unparked?: { readonly runner: string; readonly position: bigint };
}

/** What a runner of projections needs of the place where rows are kept. */
export interface ReadModelStore {
  /**
   * Sees to it that the version's tables and checkpoint exist. The first version of a projection is
   * visible at once; a later one when `activate` says so.
   */
  ensure(prepared: PreparedProjection, logId: string): Promise<ProjectionState>;
  /** All versions of these projections. */
  statesOf(names: readonly string[]): Promise<ProjectionState[]>;
  /** Queries see this version from now on, unless they see a newer one that somebody keeps: then false. */
  activate(prepared: PreparedProjection): Promise<boolean>;
  /** Throws Superseded, LeaseLost, FoldFailure; nothing is written then. */
  write(write: ReadModelWrite): Promise<void>;
  /** Throws what writing the batch would throw, and writes nothing. */
  tryOut(batch: ProjectionBatch): Promise<void>;
}
