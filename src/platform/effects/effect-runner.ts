import { type Clock, isoTime, msOf, type Timer, within } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import type { Json, RecordedEvent } from '../../kernel/event.js';
import type { CommandDispatcher } from '../event-store/command-dispatcher.js';
import type { CommandResult } from '../event-store/command-executor.js';
import { deterministicId } from '../event-store/deterministic-ids.js';
import type { EventLog } from '../event-store/event-log.js';
import type { Alarms } from '../observability/alarms.port.js';
import type { LiveFold } from '../subscriptions/live-fold.js';
import { isPassing } from '../subscriptions/process-commands.js';
import { backoffMs, retryForEver } from '../subscriptions/retry.js';
import type { Effect, EffectKind, Outcome } from './effect-kind.js';
import type { TimerCommand } from './timers.js';

export interface EffectRunnerParts {
  readonly log: EventLog;
  readonly dispatcher: CommandDispatcher;
  readonly clock: Clock;
  readonly alarms: Alarms;
  /** Names this start of the process: a deed that another one has begun is not begun here. */
  readonly holder: string;
}

/** Where the event that asked for an effect is; enough to find it again. */
interface Asked {
  readonly lane: string;
  readonly stream: string;
  readonly revision: string;
  readonly tenantId: string;
  readonly correlationId: string;
  readonly eventId: string;
  /** When it was asked for, ISO 8601 UTC; undefined in what an older version saved. */
  readonly askedAt: string | undefined;
  started: boolean;
}

export interface EffectFigures {
  readonly name: string;
  readonly open: number;
  readonly underWay: number;
  /** When the oldest open one was asked for, ISO 8601 UTC. */
  readonly oldestAt: string | undefined;
  readonly outcomes: Readonly<Record<Outcome['outcome'], number>>;
  /** How often one was put off, to be asked about again. */
  readonly retries: number;
}

interface Open<Request> extends Asked {
  readonly id: string;
  effect: Effect<Request> | undefined;
  /** False: somebody may have begun it, and it is asked about first. */
  fresh: boolean;
  running: boolean;
  /** Whether it waits for its turn in its lane. */
  queued: boolean;
  /** How often it was asked about in vain, and when it is asked about again, ms. */
  asks: number;
  askAt: number;
  /** Until then another process that has begun it may still tell what became of it, ms. */
  elsewhereUntil: number;
}

/** How often it is seen to what can go on: nothing outside is asked for that. */
const LOOK_EVERY_MS = 200;
/** Wait before an effect is asked about again; doubled each time up to the limit, ms. */
const ASK_AGAIN = { firstMs: 200, maxMs: 5_000 };
/** Longest wait at shutdown for deeds that are under way, ms. */
const STOP_MS = 5_000;
/** Time that another process, which was first to begin a deed, has to tell what became of it, ms. */
const ELSEWHERE_MS = 5_000;
const TOO_LATE: Outcome = { outcome: 'failed', detail: 'too late' };
const SOMEBODY_ELSES: Outcome = { outcome: 'unknown', detail: 'it was begun and its result never came' };
/**
 * After its deadline an effect that nobody could take is settled by whoever sees it, ms. Long enough for
 * one that another process began in time and is still about.
 */
const GRACE_MS = 60_000;

/**
 * Does what the log asks for outside, and records what came of it. Open effects are folded from the
 * log; one that this process saw being asked for, while it was the one to do it, is done at once. One
 * that was found open (after a start or a takeover) is asked about first; an at-most-once deed that was
 * begun then ends with an unknown outcome and is never repeated.
 */
export class EffectRunner<Request> implements LiveFold {
  readonly name: string;
  readonly version = 2;
  readonly eventTypes: readonly string[];
  private readonly open = new Map<string, Open<Request>>();
  /** Effects that wait for their turn, by lane; the first of each has it. */
  private readonly lanes = new Map<string, Open<Request>[]>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly outcomes = { succeeded: 0, failed: 0, unknown: 0 };
  private asksInVain = 0;
  private enabled = false;
  private looking: Timer | undefined;

  constructor(
    private readonly kind: EffectKind<Request>,
    private readonly parts: EffectRunnerParts,
  ) {
    this.name = `effects/${kind.name}`;
    this.eventTypes = [kind.requestedType, ...(kind.startedType === undefined ? [] : [kind.startedType]), ...kind.settledTypes];
  }

  /** Effects without a result. */
  get openEffects(): number {
    return this.open.size;
  }

  /** What is open, how the oldest stands, and what came of those that this process settled. */
  get figures(): EffectFigures {
    const [oldest] = this.open.values();
    return { name: this.kind.name, open: this.open.size, underWay: this.underWay.size, oldestAt: oldest?.askedAt, outcomes: this.outcomes, retries: this.asksInVain };
  }

  /** Begins to act: called once the folds have caught up. */
  start(): void {
    this.enabled = true;
    this.look();
  }

  /** Waits for the deeds that are under way; their results are recorded as far as the store answers. */
  async stop(): Promise<void> {
    this.enabled = false;
    this.looking?.cancel();
    await within(this.parts.clock, STOP_MS, Promise.all(this.underWay));
    this.stopping.abort();
  }

  apply(event: RecordedEvent): void {
    const { kind } = this;
    if (event.type === kind.requestedType) {
      const effect = kind.effectOf(event);
      const { tenantId, $correlationId: correlationId } = event.metadata;
      const asked = this.add({ id: effect.id, lane: effect.lane, stream: event.stream, revision: event.revision.toString(), tenantId, correlationId, eventId: event.id, askedAt: event.recordedAt, started: false }, effect);
      if (!this.enabled) return;
      asked.fresh = effect.request !== undefined && kind.isReady(effect.request);
      if (this.hasTurn(asked) && (asked.fresh || effect.request === undefined)) this.run(asked, effect);
    } else if (event.type === kind.startedType) {
      const found = this.open.get(kind.idOf(event));
      if (found !== undefined) {
        found.started = true;
        // Begun, and not here: another process had its turn.
        if (!found.running) found.fresh = false;
      }
    } else this.close(kind.idOf(event));
  }

  snapshot(): Json {
    return [...this.open.values()].map(({ id, lane, stream, revision, tenantId, correlationId, eventId, askedAt, started }) => ({ id, lane, stream, revision, tenantId, correlationId, eventId, askedAt, started }));
  }

  restore(state: Json): void {
    for (const saved of state as unknown as (Asked & { id: string })[]) this.add(saved, undefined);
  }

  private add(asked: Asked & { readonly id: string }, effect: Effect<Request> | undefined): Open<Request> {
    const open: Open<Request> = { ...asked, effect, fresh: false, running: false, queued: true, asks: 0, askAt: 0, elsewhereUntil: 0 };
    this.open.set(open.id, open);
    if (this.enabled) this.lookLater();
    const lane = this.lanes.get(open.lane);
    if (lane === undefined) this.lanes.set(open.lane, [open]);
    else lane.push(open);
    return open;
  }

  private hasTurn(open: Open<Request>): boolean {
    return !open.queued || this.lanes.get(open.lane)?.[0] === open;
  }

  /** Its turn is over: the next one of its lane has it. */
  private leave(open: Open<Request>): void {
    if (!open.queued) return;
    open.queued = false;
    const lane = this.lanes.get(open.lane) ?? [];
    const had = lane[0] === open;
    lane.splice(lane.indexOf(open), 1);
    const [next] = lane;
    if (next === undefined) this.lanes.delete(open.lane);
    else if (had && !next.running && this.enabled) void this.consider(next);
  }

  private close(id: string): void {
    const open = this.open.get(id);
    if (open === undefined) return;
    this.open.delete(id);
    this.leave(open);
  }

  private look(): void {
    if (!this.enabled) return;
    for (const open of this.open.values()) {
      if (open.running) continue;
      // Whoever is the one to do it meanwhile may have begun it.
      if (open.fresh && open.effect?.request !== undefined && !this.kind.isReady(open.effect.request)) open.fresh = false;
      if (this.hasTurn(open)) void this.consider(open);
    }
    this.lookLater();
  }

  /** Where nothing is open there is nothing to look at. */
  private lookLater(): void {
    if (this.looking !== undefined || this.open.size === 0) return;
    this.looking = this.parts.clock.after(LOOK_EVERY_MS, () => {
      this.looking = undefined;
      this.look();
    });
  }

  /** An effect that waits: for its turn, for its node to be ready, to be asked about again, or for its time to run out. */
  private async consider(open: Open<Request>): Promise<void> {
    const now = this.parts.clock.now();
    if (now < open.askAt) return;
    if (open.effect === undefined) {
      open.running = true;
      try {
        open.effect = await this.readAgain(open);
      } catch (error) {
        this.askLater(open);
        this.parts.alarms.raise({ code: 'effect-not-read', message: `the request of effect ${open.id} could not be read; it is tried again`, error });
      }
      open.running = false;
    }
    const { effect } = open;
    if (effect === undefined || !this.enabled || !this.open.has(open.id)) return;
    const overdue = now > msOf(effect.deadlineAt) + GRACE_MS;
    if (effect.request === undefined || this.kind.isReady(effect.request) || overdue) this.run(open, effect);
  }

  /** At its deadline it is asked about once more, however long the waits have become. */
  private askLater(open: Open<Request>): void {
    const now = this.parts.clock.now();
    open.asks += 1;
    this.asksInVain += 1;
    const again = now + backoffMs(open.asks, ASK_AGAIN);
    const deadline = open.effect === undefined ? Infinity : msOf(open.effect.deadlineAt) + 1;
    open.askAt = deadline > now ? Math.min(again, deadline) : again;
  }

  private run(open: Open<Request>, effect: Effect<Request>): void {
    open.running = true;
    const done = this.carryOut(open, effect)
      .catch((error: unknown) => {
        this.askLater(open);
        if (!this.stopping.signal.aborted) this.parts.alarms.raise({ code: 'effect-failed', message: `effect ${this.kind.name} ${effect.id} could not be carried out`, error });
      })
      .then(() => {
        open.running = false;
        this.underWay.delete(done);
      });
    this.underWay.add(done);
  }

  private async carryOut(open: Open<Request>, effect: Effect<Request>): Promise<void> {
    if (!this.enabled || !this.open.has(effect.id)) return;
    const outcome = await this.outcomeOf(open, effect);
    if (outcome === undefined) return;
    await this.send(open, this.kind.settleCommand(effect, open.stream, outcome), 'settle');
    this.outcomes[outcome.outcome] += 1;
    this.close(effect.id);
  }

  /** undefined: not known yet, to be asked about again later. */
  private async outcomeOf(open: Open<Request>, effect: Effect<Request>): Promise<Outcome | undefined> {
    const { request } = effect;
    if (request === undefined) return { outcome: 'failed', detail: 'the person that it was for was erased' };
    const late = this.parts.clock.now() > msOf(effect.deadlineAt);
    if (!open.fresh && effect.guarantee !== 'at-most-once') {
      // Somebody may have begun it: its deadline says nothing about that.
      const found = await this.ask(request, effect, late);
      if (found === undefined) this.askLater(open);
      if (found !== 'perform') return found;
    }
    if (!open.fresh && open.started) return this.parts.clock.now() < open.elsewhereUntil ? undefined : SOMEBODY_ELSES;
    if (late) return TOO_LATE;
    if (!this.kind.isReady(request)) {
      open.fresh = false;
      return undefined;
    }
    if (effect.guarantee === 'at-most-once') {
      if (this.kind.startCommand === undefined) throw new Error(`${this.kind.name} has a deed that is done at most once and no command that says that it begins`);
      const began = await this.send(open, this.kind.startCommand(effect, open.stream), `start by ${this.parts.holder}`);
      if (began instanceof DomainError) return { outcome: 'failed', detail: began.message };
      open.started = true;
      if (began.position === 0n) {
        open.fresh = false;
        open.askAt = open.elsewhereUntil = this.parts.clock.now() + ELSEWHERE_MS;
        this.leave(open);
        return undefined;
      }
    }
    // Whatever happens now, it is not begun a second time without being asked about.
    open.fresh = false;
    const performing = this.kind.perform(request, effect);
    if (this.kind.turnEnds === 'begun') this.leave(open);
    const outcome = await performing.catch((error: unknown): Outcome => ({ outcome: 'unknown', detail: error instanceof Error ? error.message : String(error) }));
    if (outcome.outcome !== 'unknown' || effect.guarantee === 'at-most-once' || this.parts.clock.now() > msOf(effect.deadlineAt)) return outcome;
    // Others need not wait until it is known.
    this.leave(open);
    this.askLater(open);
    return undefined;
  }

  /** What became of a deed that can be asked about; undefined: not known yet. */
  private async ask(request: Request, effect: Effect<Request>, late: boolean): Promise<Outcome | 'perform' | undefined> {
    if (!this.kind.isReady(request)) return late ? { outcome: 'unknown', detail: 'it could not be asked about in time' } : undefined;
    const found = await this.kind.probe(request, effect).catch((): Outcome => ({ outcome: 'unknown', detail: 'it could not be asked about in time' }));
    if (found === 'perform') return late ? TOO_LATE : 'perform';
    return found.outcome === 'unknown' && !late ? undefined : found;
  }

  /** What it wrote, or the refusal where it was refused for good. */
  private async send(open: Open<Request>, command: TimerCommand, step: string): Promise<CommandResult | DomainError> {
    const { dispatcher, clock } = this.parts;
    const meta = {
      commandId: deterministicId('effect', open.eventId, step),
      tenantId: open.tenantId,
      at: isoTime(clock.now()),
      actor: { kind: 'process' as const, id: this.name },
      correlationId: open.correlationId,
      causationId: open.eventId,
    };
    try {
      return await retryForEver(clock, this.stopping.signal, () => dispatcher.dispatch(command.stream, { type: command.type, data: command.data, meta }), isPassing);
    } catch (error) {
      if (!(error instanceof DomainError) || isPassing(error)) throw error;
      return error;
    }
  }

  private async readAgain({ stream, revision, eventId }: Asked): Promise<Effect<Request> | undefined> {
    const [event] = await this.parts.log.readStream(stream, { from: BigInt(revision), maxCount: 1 });
    return event?.id === eventId ? this.kind.effectOf(event) : undefined;
  }
}
