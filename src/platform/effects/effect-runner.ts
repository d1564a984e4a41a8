import { type Clock, isoTime, msOf, type Timer, within } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import type { Json, RecordedEvent } from '../../kernel/event.js';
import type { CommandDispatcher } from '../event-store/command-dispatcher.js';
import { deterministicId } from '../event-store/deterministic-ids.js';
import type { EventLog } from '../event-store/event-log.js';
import type { Alarms } from '../observability/alarms.port.js';
import type { LiveFold } from '../subscriptions/live-fold.js';
import { isPassing } from '../subscriptions/process-commands.js';
import { retryForEver } from '../subscriptions/retry.js';
import type { Effect, EffectKind, Outcome } from './effect-kind.js';
import type { TimerCommand } from './timers.js';

export interface EffectRunnerParts {
  readonly log: EventLog;
  readonly dispatcher: CommandDispatcher;
  readonly clock: Clock;
  readonly alarms: Alarms;
}

/** Where the event that asked for an effect is; enough to find it again. */
interface Asked {
  readonly stream: string;
  readonly revision: string;
  readonly tenantId: string;
  readonly correlationId: string;
  readonly eventId: string;
  started: boolean;
}

interface Open<Request> extends Asked {
  readonly id: string;
  effect: Effect<Request> | undefined;
  /** False: somebody may have begun it, and it is asked about first. */
  fresh: boolean;
  running: boolean;
}

const LOOK_EVERY_MS = 200;
/** Longest wait at shutdown for deeds that are under way, ms. */
const STOP_MS = 5_000;
const TOO_LATE: Outcome = { outcome: 'failed', detail: 'too late' };
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
  readonly version = 1;
  readonly eventTypes: readonly string[];
  private readonly open = new Map<string, Open<Request>>();
  private readonly lanes = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
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

  /** Begins to act: called once the folds have caught up. */
  start(): void {
    this.enabled = true;
    this.look();
  }

  /** Waits for the deeds that are under way; their results are recorded as far as the store answers. */
  async stop(): Promise<void> {
    this.enabled = false;
    this.looking?.cancel();
    await within(this.parts.clock, STOP_MS, Promise.all(this.lanes.values()));
    this.stopping.abort();
  }

  apply(event: RecordedEvent): void {
    const { kind } = this;
    if (event.type === kind.requestedType) {
      const effect = kind.effectOf(event);
      const { tenantId, $correlationId: correlationId } = event.metadata;
      const asked: Open<Request> = { id: effect.id, stream: event.stream, revision: event.revision.toString(), tenantId, correlationId, eventId: event.id, started: false, effect, fresh: false, running: false };
      this.open.set(effect.id, asked);
      if (!this.enabled) return;
      asked.fresh = effect.request !== undefined && kind.isReady(effect.request);
      if (asked.fresh || effect.request === undefined) this.run(asked, effect);
    } else if (event.type === kind.startedType) {
      const found = this.open.get(kind.idOf(event));
      if (found !== undefined) found.started = true;
    } else this.open.delete(kind.idOf(event));
  }

  snapshot(): Json {
    return [...this.open.values()].map(({ id, stream, revision, tenantId, correlationId, eventId, started }) => ({ id, stream, revision, tenantId, correlationId, eventId, started }));
  }

  restore(state: Json): void {
    for (const saved of state as unknown as (Asked & { id: string })[]) this.open.set(saved.id, { ...saved, effect: undefined, fresh: false, running: false });
  }

  private look(): void {
    if (!this.enabled) return;
    for (const open of this.open.values()) if (!open.running) void this.consider(open);
    this.looking = this.parts.clock.after(LOOK_EVERY_MS, () => this.look());
  }

  /** An effect that waits: for its node to be ready, or for its time to run out. */
  private async consider(open: Open<Request>): Promise<void> {
    open.running = true;
    try {
      open.effect ??= await this.readAgain(open);
    } catch (error) {
      this.parts.alarms.raise({ code: 'effect-not-read', message: `the request of effect ${open.id} could not be read; it is tried again`, error });
    }
    open.running = false;
    const { effect } = open;
    if (effect === undefined || !this.enabled || !this.open.has(open.id)) return;
    const overdue = this.parts.clock.now() > msOf(effect.deadlineAt) + GRACE_MS;
    if (effect.request === undefined || this.kind.isReady(effect.request) || overdue) this.run(open, effect);
  }

  private run(open: Open<Request>, effect: Effect<Request>): void {
    open.running = true;
    const before = this.lanes.get(effect.lane);
    const task = before === undefined ? this.carryOut(open, effect) : before.then(() => this.carryOut(open, effect));
    const done = task
      .catch((error: unknown) => {
        if (!this.stopping.signal.aborted) this.parts.alarms.raise({ code: 'effect-failed', message: `effect ${this.kind.name} ${effect.id} could not be carried out`, error });
      })
      .then(() => {
        open.running = false;
        if (this.lanes.get(effect.lane) === done) this.lanes.delete(effect.lane);
      });
    this.lanes.set(effect.lane, done);
  }

  private async carryOut(open: Open<Request>, effect: Effect<Request>): Promise<void> {
    if (!this.enabled || !this.open.has(effect.id)) return;
    const outcome = await this.outcomeOf(open, effect);
    if (outcome === undefined) return;
    await this.send(open, this.kind.settleCommand(effect, open.stream, outcome), 'settle');
    this.open.delete(effect.id);
  }

  /** undefined: not known yet, to be asked about again later. */
  private async outcomeOf(open: Open<Request>, effect: Effect<Request>): Promise<Outcome | undefined> {
    const { request } = effect;
    if (request === undefined) return { outcome: 'failed', detail: 'the person that it was for was erased' };
    const late = this.parts.clock.now() > msOf(effect.deadlineAt);
    if (!open.fresh && effect.guarantee !== 'at-most-once') {
      // Somebody may have begun it: its deadline says nothing about that.
      const found = await this.ask(request, effect, late);
      if (found !== 'perform') return found;
    }
    if (!open.fresh && open.started) return { outcome: 'unknown', detail: 'it was begun and its result never came' };
    if (late) return TOO_LATE;
    if (!this.kind.isReady(request)) return undefined;
    if (effect.guarantee === 'at-most-once') {
      if (this.kind.startCommand === undefined) throw new Error(`${this.kind.name} has a deed that is done at most once and no command that says that it begins`);
      await this.send(open, this.kind.startCommand(effect, open.stream), 'start');
      open.started = true;
    }
    // Whatever happens now, it is not begun a second time without being asked about.
    open.fresh = false;
    const outcome = await this.kind.perform(request, effect).catch((error: unknown): Outcome => ({ outcome: 'unknown', detail: error instanceof Error ? error.message : String(error) }));
    return outcome.outcome === 'unknown' && effect.guarantee !== 'at-most-once' && this.parts.clock.now() <= msOf(effect.deadlineAt) ? undefined : outcome;
  }

  /** What became of a deed that can be asked about; undefined: not known yet. */
  private async ask(request: Request, effect: Effect<Request>, late: boolean): Promise<Outcome | 'perform' | undefined> {
    if (!this.kind.isReady(request)) return late ? { outcome: 'unknown', detail: 'it could not be asked about in time' } : undefined;
    const found = await this.kind.probe(request, effect).catch((): Outcome => ({ outcome: 'unknown', detail: 'it could not be asked about in time' }));
    if (found === 'perform') return late ? TOO_LATE : 'perform';
    return found.outcome === 'unknown' && !late ? undefined : found;
  }

  private async send(open: Open<Request>, command: TimerCommand, step: string): Promise<void> {
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
      await retryForEver(clock, this.stopping.signal, () => dispatcher.dispatch(command.stream, { type: command.type, data: command.data, meta }), isPassing);
    } catch (error) {
      if (!(error instanceof DomainError) || isPassing(error)) throw error;
    }
  }

  private async readAgain({ stream, revision, eventId }: Asked): Promise<Effect<Request> | undefined> {
    const [event] = await this.parts.log.readStream(stream, { from: BigInt(revision), maxCount: 1 });
    return event?.id === eventId ? this.kind.effectOf(event) : undefined;
  }
}
