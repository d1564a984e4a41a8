import type { Json } from '../../../kernel/event.js';

export interface BoardRows {
  readonly rows: readonly object[];
  /** False where there are more rows than a live board carries. */
  readonly complete: boolean;
}

/** A board that can be watched: what it shows now, and what makes it change. */
export interface LiveBoard {
  readonly name: 'calls' | 'agents' | 'queues';
  /** Read models whose commits may change it. */
  readonly models: readonly string[];
  /** Field that tells its rows apart. */
  readonly keyField: string;
  /** At most `limit` rows. */
  rows(tenantId: string, limit: number): Promise<BoardRows>;
}

/** Topic on which it is told that a read model has changed for a tenant; the message is a ModelChanged. */
export const changeTopic = (model: string, tenantId: string): string => `${model}/${tenantId}`;

/** In place of a model's name: somebody of the tenant was erased, and boards let go of what they showed before. */
export const ERASURES = 'erasures';

/** All up to the position is in the read model. */
export interface ModelChanged {
  readonly position: string;
}

export const modelChanged = (position: bigint): Json => ({ position: position.toString() }) satisfies ModelChanged;
