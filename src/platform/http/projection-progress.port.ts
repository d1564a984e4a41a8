/**
 * How far what is read has come. `model` is the name of a projection (`live-calls`, ...), or
 * DIRECTORIES for what the process keeps in memory.
 */
export interface ProjectionProgress {
  /** True once the model has everything up to the position (of an event of any kind); false when `timeoutMs` passed before. */
  waitFor(model: string, position: bigint, timeoutMs: number): Promise<boolean>;
}

/** The live folds that the API reads: keys and tenants. */
export const DIRECTORIES = 'directories';

export const PROJECTION_PROGRESS = Symbol('ProjectionProgress');
