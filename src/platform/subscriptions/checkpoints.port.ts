import type { LeaseToken } from './leases.port.js';

/** How far somebody has got in a log. */
export interface Checkpoint {
  readonly position: bigint;
  /** The log that the position counts in. */
  readonly logId: string;
}

/** Checkpoints by the name of who follows: process groups and timers. Projections keep theirs beside their rows. */
export interface Checkpoints {
  load(name: string): Promise<Checkpoint | undefined>;
  /** Throws LeaseLost where a lease is given that somebody else has taken over: nothing is written then. */
  save(name: string, checkpoint: Checkpoint, lease?: LeaseToken): Promise<void>;
}

export const CHECKPOINTS = Symbol('Checkpoints');

/** The checkpoint was made in another log: positions mean nothing here. */
export class CheckpointOfAnotherLog extends Error {
  override readonly name = 'CheckpointOfAnotherLog';
  constructor(name: string, checkpoint: Checkpoint, logId: string) {
    super(
      `the checkpoint of ${name} belongs to log ${checkpoint.logId}, but this is log ${logId}: connect to that log, or carry the checkpoints over with the log (\`trunkline log copy\` does), or remove the checkpoint to begin anew`,
    );
  }
}

/** The position to go on after; `first` where there is no checkpoint yet. Throws CheckpointOfAnotherLog. */
export const resumeAfter = async (checkpoints: Checkpoints, name: string, logId: string, first: bigint): Promise<bigint> => {
  const found = await checkpoints.load(name);
  if (found === undefined) return first;
  if (found.logId !== logId) throw new CheckpointOfAnotherLog(name, found, logId);
  return found.position;
};
