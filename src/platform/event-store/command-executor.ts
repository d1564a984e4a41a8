import type { Command } from '../../kernel/command.js';
import type { Decider } from '../../kernel/decider.js';
import { DomainError } from '../../kernel/errors.js';
import type { DomainEvent, Json } from '../../kernel/event.js';
import { categoryOf, idOf } from '../../kernel/streams.js';
import { decideChain, type FollowUps } from './command-chain.js';
import { mayBePassedOver, UnknownEventType } from './event-catalog.js';
import type { EventLog, UncodedEvent } from './event-log.js';
import { AppendTooLarge, EventStoreUnavailable, InvalidEvent, WrongExpectedRevision } from './event-store.port.js';
import type { SnapshotStore } from './snapshots.port.js';
import { type AnyDecider, applyRecorded, decideInto, nextRevision, passOver, remember, stateBefore, type StreamState } from './stream-state.js';

export interface CommandResult {
  /** Position of the last event that the command wrote; 0n where it wrote nothing. */
  readonly position: bigint;
  readonly revision: bigint | 'no_stream';
  /** True when this command id had been carried out before: this is the first result. */
  readonly duplicate: boolean;
}

export interface ExecutorOptions {
  /** Streams whose state stays in memory. */
  readonly maxCachedStreams?: number;
  /** Conflicts with other writers after which a command gives up. */
  readonly maxConflicts?: number;
}

export interface LoadedState<S> {
  readonly state: S;
  readonly revision: bigint | 'no_stream';
  /** Whose it is; undefined where there is no stream. */
  readonly tenantId: string | undefined;
}

interface Pending {
  readonly command: Command;
  readonly followUps: FollowUps | undefined;
  readonly resolve: (result: CommandResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  readonly decider: AnyDecider;
  readonly stream: string;
  readonly waiting: Pending[];
  running: boolean;
  cached: StreamState | undefined;
  /** What is cached is not to be used any more. */
  stale: boolean;
}

const MAX_EVENTS_PER_APPEND = 200;
const SNAPSHOT_EVERY = 200;

/** Deciders whose state has no personal data and whose streams grow long; the others are never snapshotted. */
export interface SnapshottedDecider {
  readonly snapshots: true;
}

/**
 * Turns commands into events. Per stream and process one at a time, and those that wait share an
 * append; between processes the expected revision decides, and the loser decides again.
 *
 * A command id that the stream has seen among its last 256 returns its first result. A failure of
 * the store throws DomainError `event-store-unavailable`: the outcome is unknown, and the same
 * command may be sent again. Whatever waits for the stream then fails with it, so that commands which
 * are sent again in their order are carried out in their order.
 */
export class CommandExecutor {
  /** Insertion order is order of use, so that the first idle ones are let go. */
  private readonly lanes = new Map<string, Lane>();
  private readonly maxCachedStreams: number;
  private readonly maxConflicts: number;

  constructor(
    private readonly log: EventLog,
    private readonly snapshots: SnapshotStore | undefined = undefined,
    options: ExecutorOptions = {},
  ) {
    this.maxCachedStreams = options.maxCachedStreams ?? 20_000;
    this.maxConflicts = options.maxConflicts ?? 20;
  }

  /**
   * With `followUps`, what follows from the command is recorded with it in one append, and with whatever else
   * waits for the stream, where the store can do that and the streams are in memory and not in use; else the
   * commands alone are carried out.
   */
  execute<S, C extends Command, E extends DomainEvent>(decider: Decider<S, C, E>, stream: string, command: C, followUps?: FollowUps): Promise<CommandResult> {
    if (categoryOf(stream) !== decider.category) throw new Error(`${stream} is no stream of ${decider.category}`);
    const lane = this.laneOf(decider as unknown as AnyDecider, stream);
    return new Promise<CommandResult>((resolve, reject) => {
      lane.waiting.push({ command, followUps, resolve, reject });
      if (!lane.running) {
        lane.running = true;
        void this.run(lane);
      }
    });
  }

  /** State of a stream as it is now: of what is in memory only what came since is read. The initial state where there is no stream. */
  async load<S, C extends Command, E extends DomainEvent>(decider: Decider<S, C, E>, stream: string): Promise<LoadedState<S>> {
    const known = this.lanes.get(stream)?.cached;
    const loaded = await this.read(decider as unknown as AnyDecider, stream, known === undefined ? undefined : { ...known });
    const lane = this.lanes.get(stream);
    // What was let go of meanwhile stays so.
    if (lane !== undefined && known !== undefined && !lane.running && lane.cached === known) lane.cached = loaded;
    return { state: loaded.state as S, revision: loaded.revision, tenantId: loaded.tenantId };
  }

  /**
   * State of a stream as this process remembers it, without asking the store: another process may have
   * written since, so that a refusal must not rest on it. Undefined where nothing is remembered.
   */
  remembered<S, C extends Command, E extends DomainEvent>(_decider: Decider<S, C, E>, stream: string): LoadedState<S> | undefined {
    const known = this.lanes.get(stream)?.cached;
    return known === undefined ? undefined : { state: known.state as S, revision: known.revision, tenantId: known.tenantId };
  }

  /** Lets go of every state that names any of these persons: it may hold what is personal of them. It is read from the log again. */
  forget(persons: readonly string[]): void {
    const ids = new Set(persons);
    for (const lane of this.lanes.values()) {
      if (lane.running) lane.stale = true;
      else if (lane.cached !== undefined && (ids.has(idOf(lane.stream)) || names(lane.cached.state, ids))) lane.cached = undefined;
    }
  }

  private laneOf(decider: AnyDecider, stream: string): Lane {
    const found = this.lanes.get(stream);
    if (found !== undefined) {
      this.lanes.delete(stream);
      this.lanes.set(stream, found);
      return found;
    }
    const lane: Lane = { decider, stream, waiting: [], running: false, cached: undefined, stale: false };
    this.lanes.set(stream, lane);
    if (this.lanes.size > this.maxCachedStreams) this.letGo();
    return lane;
  }

  private letGo(): void {
    for (const [stream, lane] of this.lanes) {
      if (this.lanes.size <= this.maxCachedStreams) return;
      if (!lane.running && lane.waiting.length === 0) this.lanes.delete(stream);
    }
  }

  private async run(lane: Lane): Promise<void> {
    // Commands that come in the same turn share an append.
    await Promise.resolve();
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0);
      freshen(lane);
      try {
        if (!(await this.runChain(lane, batch))) await this.runBatch(lane, batch);
      } catch (error) {
        lane.cached = undefined;
        const shown = error instanceof EventStoreUnavailable ? unavailable(error) : error;
        // What waits must not overtake what will be sent again.
        for (const pending of isAway(error) ? [...batch, ...lane.waiting.splice(0)] : batch) pending.reject(shown);
      }
    }
    freshen(lane);
    lane.running = false;
  }

  /** True where the commands were carried out together with what follows from them. */
  private async runChain(lane: Lane, batch: readonly Pending[]): Promise<boolean> {
    if (lane.cached === undefined || !this.log.appendsTogether || !batch.some(({ followUps }) => followUps !== undefined)) return false;
    const borrowed: Lane[] = [];
    try {
      const chain = decideChain(lane, batch, ({ stream }) => {
        const other = this.lanes.get(stream);
        if (other === undefined || other.running) return undefined;
        other.running = true;
        borrowed.push(other);
        return other;
      });
      if (chain === undefined || chain.steps.length === batch.length) return false;
      const { steps, states } = chain;
      const appended = await this.log.appendTogether(steps.map(({ link, expected, events }) => ({ stream: link.stream, expected, events })));
      steps.forEach(({ link, command }, index) => {
        const { revision, position } = appended[index]!;
        remember(states.get(link)!, command.meta.commandId, { revision, position });
      });
      for (const [link, state] of states) {
        // A repeated append writes nothing: what the streams hold was decided then, and more may have followed.
        link.cached = appended[0]?.events === undefined ? undefined : state;
        this.maybeSnapshot(link, state);
      }
      // The first steps are the commands themselves.
      batch.forEach(({ resolve }, index) => {
        const { revision, position } = appended[index]!;
        resolve({ revision, position, duplicate: false });
      });
      return true;
    } catch {
      // Whatever it was, or whoever came first: each command is decided again by itself, on what the log says now.
      for (const link of [lane, ...borrowed]) link.cached = undefined;
      return false;
    } finally {
      for (const other of borrowed) void this.run(other);
    }
  }

  private async runBatch(lane: Lane, batch: Pending[]): Promise<void> {
    let left = batch;
    let together = Number.POSITIVE_INFINITY;
    for (let conflicts = 0; left.length > 0; ) {
      const assumed = lane.cached === undefined && conflicts === 0 && opensStream(lane.decider, left[0]) ? stateBefore(lane.decider) : undefined;
      // Remembered or assumed, it may not be the newest: an append will tell.
      const unproven = lane.cached ?? assumed;
      const base = unproven ?? (await this.read(lane.decider, lane.stream, undefined));
      lane.cached = base;
      const { taken, answers, rest, events, next } = this.decideTogether(lane, base, left, together);
      if (events.length === 0) {
        // No append proves that the state is the newest: what another process wrote may change the answer.
        if (answers.length > 0 && unproven !== undefined && conflicts <= this.maxConflicts && (await this.catchUp(lane, base))) {
          conflicts += 1;
          continue;
        }
        for (const { give } of answers) give();
        left = rest;
        continue;
      }
      try {
        const appended = await this.log.append(lane.stream, base.revision, events);
        for (const { give } of answers) give();
        let index = -1;
        for (const decided of taken) {
          index += decided.count;
          const written = { position: appended.events?.[index]?.position ?? appended.position, revision: next.firstRevision + BigInt(index) };
          remember(next.state, decided.pending.command.meta.commandId, written);
          decided.pending.resolve({ ...written, duplicate: false });
        }
        next.state.revision = appended.revision;
        next.state.eventsSinceSnapshot += events.length;
        // A repeated append writes nothing: what the stream holds was decided then, and more may have followed.
        lane.cached = assumed !== undefined && appended.events === undefined ? undefined : next.state;
        this.maybeSnapshot(lane, next.state);
        left = rest;
      } catch (error) {
        lane.cached = undefined;
        if (isAway(error)) throw error;
        if (!(error instanceof WrongExpectedRevision)) {
          if (taken.length > 1 && isOfOneCommand(error)) {
            // Somebody's event cannot be written, or all of them are too large together: each is tried by itself.
            together = 1;
            continue;
          }
          for (const decided of taken) decided.pending.reject(error);
          left = [...answers.map(({ pending }) => pending), ...rest];
          continue;
        }
        conflicts += 1;
        if (conflicts > this.maxConflicts) {
          const gaveUp = new DomainError('conflict', 'too-much-contention', `${lane.stream} changed ${conflicts} times while the command was decided; send it again`);
          for (const pending of left) pending.reject(gaveUp);
          return;
        }
      }
    }
  }

  /** Folds what others have written since; true where there was something. */
  private async catchUp(lane: Lane, base: StreamState): Promise<boolean> {
    const { revision } = base;
    lane.cached = undefined;
    lane.cached = await this.read(lane.decider, lane.stream, base);
    return lane.cached.revision !== revision;
  }

  /**
   * Decides as many of the waiting commands as fit one append, each on the state that the one before
   * leaves. `answers` are those that write nothing: they hold only if the state turns out to be the newest.
   */
  private decideTogether(lane: Lane, base: StreamState, waiting: readonly Pending[], most: number) {
    const state: StreamState = { ...base, commands: base.commands };
    const firstRevision = nextRevision(base);
    const taken: { readonly pending: Pending; readonly count: number }[] = [];
    const answers: { readonly pending: Pending; readonly give: () => void }[] = [];
    const undecided = new Set<string>();
    const events: UncodedEvent[] = [];
    let index = 0;
    for (; index < waiting.length && taken.length < most && events.length < MAX_EVENTS_PER_APPEND; index += 1) {
      const pending = waiting[index]!;
      const { meta } = pending.command;
      const before = state.commands.get(meta.commandId);
      if (before !== undefined) {
        pending.resolve({ ...before, duplicate: true });
        continue;
      }
      // The same id twice in one append: the second waits for the first one's result.
      if (undecided.has(meta.commandId)) break;
      let decided: readonly UncodedEvent[];
      try {
        decided = decideInto(lane.decider, state, pending.command);
      } catch (error) {
        answers.push({ pending, give: () => pending.reject(error) });
        continue;
      }
      if (decided.length === 0) {
        answers.push({ pending, give: () => pending.resolve({ position: 0n, revision: base.revision, duplicate: false }) });
        continue;
      }
      for (const event of decided) events.push(event);
      undecided.add(meta.commandId);
      taken.push({ pending, count: decided.length });
    }
    return { taken, answers, rest: waiting.slice(index), events, next: { state, firstRevision } };
  }

  private async read(decider: AnyDecider, stream: string, from: StreamState | undefined): Promise<StreamState> {
    const start = from ?? (await this.fromSnapshot(decider, stream)) ?? stateBefore(decider);
    const events = await this.log.readStream(stream, start.revision === 'no_stream' ? {} : { from: start.revision + 1n });
    const known = new Set<string>(decider.eventTypes);
    for (const event of events) {
      if (known.has(event.type)) applyRecorded(decider, start, event);
      else if (mayBePassedOver(event)) passOver(start, event);
      else throw new UnknownEventType(stream, event.type, event.schemaVersion);
    }
    return start;
  }

  private async fromSnapshot(decider: AnyDecider, stream: string): Promise<StreamState | undefined> {
    if (this.snapshots === undefined || !isSnapshotted(decider)) return undefined;
    // Without it the state takes longer to read; where the stream cannot be read either, that is what is told.
    const snapshot = await this.snapshots.load(stream).catch(() => undefined);
    if (snapshot === undefined || snapshot.version !== decider.version) return undefined;
    const saved = snapshot.state as unknown as { state: unknown; tenantId: string; commands: [string, string, string][] };
    return {
      state: saved.state,
      revision: snapshot.revision,
      tenantId: saved.tenantId,
      commands: new Map(saved.commands.map(([id, position, revision]) => [id, { position: BigInt(position), revision: BigInt(revision) }])),
      eventsSinceSnapshot: 0,
    };
  }

  private maybeSnapshot(lane: Lane, state: StreamState): void {
    if (this.snapshots === undefined || !isSnapshotted(lane.decider) || state.eventsSinceSnapshot < SNAPSHOT_EVERY || state.revision === 'no_stream') return;
    state.eventsSinceSnapshot = 0;
    const saved = {
      state: state.state as Json,
      tenantId: state.tenantId,
      commands: [...state.commands].map(([id, { position, revision }]) => [id, position.toString(), revision.toString()]),
    };
    // A snapshot that is not saved is only slower.
    this.snapshots.save(lane.stream, { revision: state.revision, version: lane.decider.version, state: saved }).catch(() => undefined);
  }
}

const freshen = (lane: Lane): void => {
  if (lane.stale) lane.cached = undefined;
  lane.stale = false;
};

/** Whether any of the texts stands somewhere within the value. */
const names = (value: unknown, texts: ReadonlySet<string>): boolean => {
  if (typeof value === 'string') return texts.has(value);
  return typeof value === 'object' && value !== null && Object.values(value).some((part) => names(part, texts));
};

const opensStream = (decider: AnyDecider, first: Pending | undefined): boolean => first !== undefined && decider.opens?.includes(first.command.type) === true;

/** Whether an append failed because of what was in it, so that other commands may fare better without it. */
const isOfOneCommand = (error: unknown): boolean => error instanceof InvalidEvent || error instanceof AppendTooLarge;

/** The store of events or of personal keys is away: the same commands may be sent again. */
const isAway = (error: unknown): boolean => error instanceof EventStoreUnavailable || (error instanceof DomainError && error.kind === 'unavailable');

const isSnapshotted = (decider: AnyDecider): boolean => (decider as Partial<SnapshottedDecider>).snapshots === true;

const unavailable = (cause: EventStoreUnavailable): DomainError =>
  new DomainError('unavailable', 'event-store-unavailable', `the event store did not answer (${cause.message}); the outcome is unknown, send the same command again`);
