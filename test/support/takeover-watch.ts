import { sleep } from '../../src/kernel/clock.js';
import type { StoredEvent } from '../../src/platform/event-store/event-store.port.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { routingProcesses } from '../../src/routing/offers/routing-reactions.js';
import type { LogWatch } from './log-watch.js';
import { MachineStalls } from './machine-stalls.js';
import type { SoakProcess } from './soak-center.js';

/** How long after a kill the work of a lease went on elsewhere, ms. */
export interface Takeover {
  readonly lease: string;
  /** Until somebody else had the lease. */
  readonly heldAfterMs: number;
  /** Until the first thing that was done under its new epoch. */
  readonly workedAfterMs: number;
}

export interface Takeovers {
  readonly took: readonly Takeover[];
  /** How long the machine gave those who went on, and the switch, no processor meanwhile. */
  readonly stalledMs: number;
}

/** The longest that a takeover may last on a machine with nothing else to do, ms. */
const TAKEOVER_MS = 5_000;

/** What lasted too long. PostgreSQL waits for a processor as often as those who ask it. */
export const tooLate = (takeovers: readonly Takeovers[]): string[] =>
  takeovers.flatMap(({ took, stalledMs }) =>
    took.filter(({ workedAfterMs }) => workedAfterMs > TAKEOVER_MS + 2 * stalledMs).map(({ lease, heldAfterMs, workedAfterMs }) => `${lease} was taken after ${heldAfterMs} ms and went on after ${workedAfterMs} ms, of which the machine stood still for ${stalledMs}`),
  );

/** Median and longest, ms. */
export const figuresOf = (takeovers: readonly Takeovers[]): { readonly medianMs: number | undefined; readonly maxMs: number | undefined; readonly stalledMs: number } => {
  const times = takeovers.flatMap(({ took }) => took.map(({ workedAfterMs }) => workedAfterMs)).sort((a, b) => a - b);
  return { medianMs: times[Math.floor(times.length / 2)], maxMs: times.at(-1), stalledMs: Math.max(0, ...takeovers.map(({ stalledMs }) => stalledMs)) };
};

interface Held {
  readonly name: string;
  readonly epoch: bigint;
}

const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 30_000;
/** What the killed one had sent to the database before is committed by then. */
const LAST_WORDS_MS = 250;

/** Leases that the process holds. */
const leasesOf = async (watch: LogWatch, pid: number): Promise<Held[]> => {
  const rows = await watch.rows<{ name: string; epoch: string }>(`SELECT name, epoch FROM trunkline_leases WHERE holder LIKE '%/' || $1 || '/%' AND expires_at > clock_timestamp() ORDER BY name`, [String(pid)]);
  return rows.map(({ name, epoch }) => ({ name, epoch: BigInt(epoch) }));
};

/**
 * Kills the process, and measures by leases, log and checkpoints when another one has gone on with each
 * of its leases. What is to be done under a lease has to come by itself: calls must be flowing.
 */
export const takeoversAfter = async (watch: LogWatch, victim: SoakProcess, survivor: SoakProcess): Promise<Takeovers> => {
  const waiting = new Map((await leasesOf(watch, victim.pid)).map((held) => [held.name, held]));
  const stalls = new MachineStalls([survivor.pid, process.pid]);
  const killedAt = systemClock.now();
  await victim.kill();
  await sleep(systemClock, LAST_WORDS_MS);
  const quietAt = systemClock.now();
  const head = await watch.log.store.head();
  const heldAt = new Map<string, number>();
  const took: Takeover[] = [];
  while (waiting.size > 0) {
    if (systemClock.now() > quietAt + PATIENCE_MS) throw new Error(`nobody went on with ${[...waiting.keys()].map((name) => `${name}${heldAt.has(name) ? ', though its lease was taken' : ''}`).join('; ')}`);
    const epochs = new Map((await watch.rows<{ name: string; epoch: string }>('SELECT name, epoch FROM trunkline_leases')).map(({ name, epoch }) => [name, BigInt(epoch)]));
    for (const { name, epoch } of waiting.values()) if ((epochs.get(name) ?? 0n) > epoch && !heldAt.has(name)) heldAt.set(name, systemClock.now());
    for (const name of [...heldAt.keys()].filter((each) => waiting.has(each))) {
      const at = await firstDeedUnder(watch, name, head, quietAt);
      if (at === undefined) continue;
      waiting.delete(name);
      took.push({ lease: name, heldAfterMs: heldAt.get(name)! - killedAt, workedAfterMs: Math.max(at, quietAt) - killedAt });
    }
    await sleep(systemClock, LOOK_EVERY_MS);
  }
  const stalledMs = stalls.longest();
  stalls.stop();
  return { took, stalledMs };
};

const ROUTING = new Set(routingProcesses.map(({ name }) => name));

/** When something that only the holder of the lease does was done after the kill; undefined: not yet. */
const firstDeedUnder = async (watch: LogWatch, lease: string, head: bigint, since: number): Promise<number | undefined> => {
  const [group, name] = lease.split('/');
  if (group === 'node') return firstEvent(watch, head, ({ type }) => type === 'MediaNodeGapClosed', ['MediaNodeGapClosed']);
  if (group === 'router') return firstEvent(watch, head, ({ metadata }) => metadata.actor.kind === 'router');
  if (lease === 'processes/routing') return firstEvent(watch, head, ({ metadata }) => metadata.actor.kind === 'process' && ROUTING.has(metadata.actor.id));
  // Whose files these are: there may be nothing to do for a while.
  if (group === 'media') return since;
  const [saved] = group === 'projections'
    ? await watch.rows<{ saved_at: Date }>('SELECT max(saved_at) AS saved_at FROM trunkline_projections WHERE name = $1', [name])
    : await watch.rows<{ saved_at: Date }>('SELECT saved_at FROM trunkline_checkpoints WHERE name = $1', [lease]);
  const at = saved?.saved_at?.getTime();
  return at !== undefined && at > since ? at : undefined;
};

const firstEvent = async (watch: LogWatch, after: bigint, is: (event: StoredEvent) => boolean, types?: readonly string[]): Promise<number | undefined> => {
  const events = await watch.log.store.readAll({ after, maxCount: 5_000, ...(types === undefined ? {} : { filter: { types } }) });
  const found = events.find(is);
  return found === undefined ? undefined : Date.parse(found.recordedAt);
};
