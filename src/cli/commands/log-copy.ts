import { readModels } from '../../../projections/read-models.js';
import { eventCatalog } from '../../engine/domain.js';
import { EventLog } from '../../platform/event-store/event-log.js';
import type { EventStore } from '../../platform/event-store/event-store.port.js';
import { copyLog, hashLog, positionsInCopy, type LogHash } from '../../platform/event-store/log-copy.js';
import { moveCheckpoints } from '../../platform/postgres/move-checkpoints.js';
import { PostgresSubjectKeys } from '../../platform/privacy/postgres-subject-keys.js';
import { rebuild } from '../../platform/subscriptions/projection-rebuild.js';
import { interruptible } from '../shared/interruption.js';
import { withLog } from '../shared/named-log.js';
import { OperatorError } from '../shared/operator-error.js';
import { Progress } from '../shared/progress.js';
import { atWorkplace, type Environment, type Workplace } from '../shared/workplace.js';

export interface LogCopyOptions {
  readonly from: string;
  readonly to: string;
  readonly after?: bigint;
  readonly batch?: number;
  /** Whether the checkpoints in the environment's database go over to the copy. */
  readonly moveCheckpoints?: true;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const hashLine = (what: string, { events, hash }: LogHash): string => `${what.padEnd(8)} ${hash}  ${events} events`;

/** Copies a log into another store and proves the two equal. False when they are not. */
export const copyBetweenLogs = (env: Environment, options: LogCopyOptions): Promise<boolean> =>
  interruptible((signal) => withLog(env, options.from, false, (from) => withLog(env, options.to, true, (to) => copy(env, from, to, options, signal))));

const copy = async (env: Environment, from: EventStore, to: EventStore, options: LogCopyOptions, signal: AbortSignal): Promise<boolean> => {
  const [fromLogId, toLogId] = [await from.logId(), await to.logId()];
  if (fromLogId === toLogId) throw new OperatorError('--from and --to are the same log', 2);
  let reached = options.after ?? 0n;
  try {
    const { copied, position } = await Progress.during('copy', (progress) =>
      copyLog(from, to, {
        signal,
        ...(options.after === undefined ? {} : { after: options.after }),
        ...(options.batch === undefined ? {} : { batch: options.batch }),
        onProgress: (at) => {
          reached = at.position;
          progress.at(at.position, at.head, at.copied);
        },
      }),
    );
    say(`${copied} events copied, up to position ${position}`);
    const source = await hashLog(from, { upTo: position });
    const target = await hashLog(to);
    say(hashLine('source', source));
    say(hashLine('target', target));
    if (source.hash !== target.hash) {
      say('The two are NOT equal: the target holds something else, or --after left something out.');
      return false;
    }
    say('The two are equal.');
  } catch (error) {
    if (reached > 0n) process.stderr.write(`Copied up to position ${reached}; the same command with --after ${reached} goes on from there, and without it finds by itself what is there already.\n`);
    throw error;
  }
  if (options.moveCheckpoints === true) await atWorkplace(env, (place) => goOnWithCopy(place, from, to, signal));
  return true;
};

/** Whoever has got somewhere in the log is at the same place in the copy. */
const goOnWithCopy = async ({ storage, projections, parked, clock, random }: Workplace, from: EventStore, to: EventStore, signal: AbortSignal): Promise<void> => {
  const moved = await moveCheckpoints(storage.database, await from.logId(), await to.logId(), (positions) => positionsInCopy(from, to, positions));
  say(`Moved to the copy: ${moved.checkpoints} checkpoints, ${moved.readModels} read models, ${moved.parkedEvents} parked events.`);
  if (!from.densePositions || !to.densePositions) {
    const log = new EventLog(to, eventCatalog(), new PostgresSubjectKeys(storage.database, storage.keyRing, clock, random));
    for (const model of readModels.filter(({ holdsPositions }) => holdsPositions)) {
      await Progress.during(model.name, (progress) => rebuild({ log, store: projections, parked, clock }, [model], { signal, onProgress: ({ position, head, events }) => progress.at(position, head, events) }));
      say(`${model.name} holds positions of the log and was built anew from the copy.`);
    }
  }
  say('Start Trunkline with the copy from now on.');
};

/** Prints the fingerprint of a log. */
export const printLogHash = (env: Environment, name: string): Promise<void> =>
  withLog(env, name, false, async (store) => say(hashLine('', await hashLog(store)).trim()));
