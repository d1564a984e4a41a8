import { type Clock, isoTime, type Random, sleep, type Timer } from '../../../kernel/clock.js';
import type { GapCause } from '../../contract/configuration-events.js';
import type { NodeGap, NodeListener, NodeSnapshot } from '../../ports/node-listener.port.js';
import type { SwitchFact } from '../../ports/switch-facts.js';
import { ClockOffset } from './clock-offset.js';
import type { EslClient, EslConnect, EslDisconnect, EslEvent } from './esl-client.port.js';
import { FactDelivery } from './fact-delivery.js';
import { eventTimeMs } from './freeswitch-times.js';
import { FreeswitchTranslator } from './freeswitch-translator.js';
import { NodeLink } from './node-link.js';
import type { MediaNodeSessionOptions, SessionObserver, SessionPhase, SessionStatus } from './session-options.js';

/** A beat may be late by half an interval and one may be lost. */
const MISSED_BEATS = 2.5;
/** Events that the switch fired before it answered us arrive within this time (measured: 10 ms median). */
const IN_FLIGHT_MS = 100;

/**
 * One media node, owned by this process: connects, connects again, notices gaps, and lets facts flow
 * only once its listener has compared what the switch has with what it believed.
 *
 * The socket is always read. Facts that the listener does not take yet wait in memory, up to a limit.
 */
export class MediaNodeSession {
  readonly #translator = new FreeswitchTranslator();
  readonly #offset = new ClockOffset();
  readonly #delivery: FactDelivery;
  readonly #observers = new Set<SessionObserver>();
  #phase: SessionPhase = 'down';
  #link: NodeLink | undefined;
  #started = false;
  #attempts = 0;
  #lossCause: GapCause = 'engine-away';
  #timer: Timer | undefined;
  #heartbeatTimer: Timer | undefined;
  /** Until the first comparison everything is unknown, and that is no news. */
  #gapOpen = true;
  /** The listener compares; what is missed meanwhile is no part of the gap that it closes. */
  #comparing = false;
  #comparison: Promise<unknown> = Promise.resolve();
  #missedMeanwhile: NodeGap | undefined;
  #lastHeard = 0;
  #counting = false;
  #lastError: string | undefined;
  #events = 0;
  #connects = 0;
  #losses = 0;
  #failedDials = 0;
  #heartbeatAt: number | undefined;

  constructor(
    private readonly connect: EslConnect,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly listener: NodeListener,
    private readonly options: MediaNodeSessionOptions,
  ) {
    this.#delivery = new FactDelivery(
      (facts) => this.listener.onFacts(facts),
      options.maxWaitingBytes,
      (message, sinceMs) => {
        this.#openGap(this.#lossCause, message, sinceMs);
        this.#compareAgain();
      },
    );
  }

  get nodeId(): string {
    return this.options.nodeId;
  }

  get isReady(): boolean {
    return this.#phase === 'ready';
  }

  /** Where commands go; undefined while the node is not connected and compared. */
  get commands(): EslClient | undefined {
    return this.isReady ? this.#link?.commands : undefined;
  }

  status(): SessionStatus {
    const estimate = this.#offset.estimate;
    return {
      phase: this.#phase,
      ...(this.#link === undefined ? {} : { switchSessionId: this.#link.switchSessionId }),
      ...(estimate === undefined ? {} : { clockOffsetMs: estimate }),
      waitingBytes: this.#delivery.waitingBytes,
      maxWaitingBytes: this.options.maxWaitingBytes,
      ...(this.#delivery.waitingSince === undefined ? {} : { waitingSince: this.#delivery.waitingSince }),
      waitingCommands: this.#link?.commands.waitingCommands ?? 0,
      events: this.#events,
      connects: this.#connects,
      losses: this.#losses,
      failedDials: this.#failedDials,
      ...(this.#heartbeatAt === undefined ? {} : { heartbeatAt: this.#heartbeatAt }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      unusable: Object.fromEntries(this.#translator.unusable),
    };
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    void this.#dial();
  }

  /** Facts as they come, for those who wait for a deed; the returned function ends it. */
  observe(observer: SessionObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  /** Whether the switch has the channel. Throws when it cannot be asked. */
  async exists(channelId: string): Promise<boolean> {
    if (this.#link === undefined) throw new Error(`the media node is not connected${this.#lastError === undefined ? '' : `: ${this.#lastError}`}`);
    return this.#link.exists(channelId);
  }

  /**
   * The listener could not keep what it was told since `fromMs` (now, unless given): from now on facts
   * are dropped until a new comparison, which follows by itself.
   */
  resynchronise(cause: GapCause, message: string, fromMs = this.clock.now()): void {
    this.#lossCause = cause;
    this.#delivery.fail(message, fromMs);
    this.#lossCause = 'engine-away';
  }

  /** Closes both sockets; nothing is told after it was called. */
  async close(): Promise<void> {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#timer?.cancel();
    this.#heartbeatTimer?.cancel();
    this.#delivery.end();
    for (const observer of this.#observers) observer.onLost('the session was closed');
    await this.#link?.close();
    this.#link = undefined;
  }

  async #dial(): Promise<void> {
    if (this.#phase === 'closed') return;
    // From the first event on, facts wait for the comparison.
    this.#delivery.hold();
    this.#delivery.start();
    let link: NodeLink | undefined;
    try {
      link = await NodeLink.open(this.connect, this.options, {
        onEvent: (event) => this.#onEvent(event),
        onLost: (why) => this.#onLost(why),
      });
    } catch (error) {
      this.#failedDials += 1;
      this.#lastError = messageOf(error);
      this.#redialLater();
      return;
    }
    if (this.status().phase === 'closed') {
      await link.close();
      return;
    }
    this.#link = link;
    this.#connects += 1;
    this.#phase = 'reconciling';
    this.#lastError = undefined;
    this.#offset.forget();
    this.#lastHeard = this.clock.now();
    this.#beat();
    await this.#reconcile(link);
  }

  #redialLater(): void {
    if (this.#phase === 'closed') return;
    const { first, longest } = this.options.redialMs;
    const wait = Math.min(longest, first * 2 ** Math.min(this.#attempts, 16)) * (1 - this.random.next() / 2);
    this.#attempts += 1;
    this.#timer = this.clock.after(wait, () => void this.#dial());
  }

  /** Takes a list of what the switch has and waits until the listener has compared it. Again after a while if that fails. */
  async #reconcile(link: NodeLink): Promise<void> {
    const current = (): boolean => this.#link === link && this.#phase === 'reconciling';
    while (current()) {
      try {
        await this.#delivery.idle();
        // That of a connection before this one may still wait for a store that is away.
        await this.#comparison.catch(() => undefined);
        const snapshot = await this.#snapshot(link);
        if (!current()) return;
        this.#comparison = this.#compare(snapshot);
        await this.#comparison;
        if (!current()) return;
        if (!this.#delivery.failed) {
          this.#phase = 'ready';
          this.#attempts = 0;
          this.#gapOpen = false;
          this.#lastError = undefined;
          this.#delivery.flow();
          return;
        }
      } catch (error) {
        this.#lastError = messageOf(error);
      }
      await sleep(this.clock, this.options.redialMs.first);
      this.#delivery.start();
    }
  }

  /** The gap ends with the snapshot: what was missed while it was compared is a gap of its own. */
  async #compare(snapshot: NodeSnapshot): Promise<void> {
    this.#missedMeanwhile = undefined;
    this.#comparing = true;
    try {
      await this.listener.onConnected(snapshot);
    } finally {
      this.#comparing = false;
    }
    if (this.#missedMeanwhile !== undefined && this.#phase !== 'closed') this.listener.onGapOpened(this.#missedMeanwhile);
  }

  async #snapshot(link: NodeLink): Promise<NodeSnapshot> {
    const channels = await link.channels();
    this.#translator.retain(new Set(channels.map((channel) => channel.channelId)));
    const takenAt = this.clock.now();
    return {
      switchSessionId: link.switchSessionId,
      takenAt: isoTime(takenAt),
      channels: channels.filter((channel) => !this.#delivery.tellsStartOf(channel.channelId)),
      confirmAbsent: async (channelId) => {
        if (this.#delivery.tellsEndOf(channelId) || (await link.exists(channelId))) return false;
        const flown = this.clock.now() - takenAt;
        if (flown < IN_FLIGHT_MS) await sleep(this.clock, IN_FLIGHT_MS - flown);
        return !this.#delivery.tellsEndOf(channelId);
      },
      describe: (channelId) => link.describe(channelId),
    };
  }

  #onEvent(event: EslEvent): void {
    this.#events += 1;
    const session = event.headers['Core-UUID'];
    if (this.#link !== undefined && session !== undefined && session !== this.#link.switchSessionId) {
      this.#openGap('switch-restarted', 'events of another Core-UUID came on the same connection');
      this.#link.abandon('the switch restarted behind the connection');
      return;
    }
    const now = this.clock.now();
    const facts = this.#translator.translate(event, now).map((fact) => this.#beaten(fact));
    if (facts.length === 0) return;
    this.#lastHeard = this.#firedAt(event, now);
    for (const fact of facts) for (const observer of this.#observers) observer.onFact(fact);
    this.#delivery.push(facts, now);
    for (const fact of facts) if (fact.kind === 'heartbeat') void this.#count(fact.sessions);
  }

  /** Lets the listener compare the number of channels with what it believes. */
  async #count(channels: number): Promise<void> {
    const link = this.#link;
    if (this.#phase !== 'ready' || link === undefined || this.#counting) return;
    this.#counting = true;
    try {
      await this.listener.onCount?.(channels, () => this.#snapshot(link));
    } catch (error) {
      this.#lastError = messageOf(error);
    }
    this.#counting = false;
  }

  /** When the switch fired the event, by our clock: one that it fired later may be lost though this one was read only now. */
  #firedAt(event: EslEvent, now: number): number {
    const at = eventTimeMs(event.headers);
    const offset = this.#offset.estimate;
    return at === undefined || offset === undefined ? now : Math.min(now, at - offset);
  }

  #beaten(fact: SwitchFact): SwitchFact {
    if (fact.kind !== 'heartbeat') return fact;
    this.#beat();
    return fact.clockOffsetMs === undefined ? fact : { ...fact, clockOffsetMs: this.#offset.measured(fact.clockOffsetMs) };
  }

  /** After facts were lost on our side, once the listener has come back from what it was doing. */
  #compareAgain(): void {
    const link = this.#link;
    if (this.#phase !== 'ready' || link === undefined) return;
    this.#phase = 'reconciling';
    this.#delivery.hold();
    void sleep(this.clock, this.options.redialMs.first)
      .then(() => this.#delivery.idle())
      .then(() => {
        if (this.#link !== link) return undefined;
        this.#delivery.start();
        return this.#reconcile(link);
      });
  }

  #onLost(why: EslDisconnect): void {
    if (this.#phase === 'closed') return;
    this.#link = undefined;
    this.#losses += 1;
    this.#phase = 'down';
    this.#heartbeatTimer?.cancel();
    this.#translator.gap();
    this.#lastError = why.message;
    this.#openGap(why.reason === 'closed-by-switch' || why.reason === 'slow-consumer' ? 'disconnect-notice' : 'connection-lost', why.message);
    for (const observer of this.#observers) observer.onLost(why.message);
    // What was seen before the loss is true, and is told though the node is down.
    this.#delivery.flow();
    this.#redialLater();
  }

  #openGap(cause: GapCause, message: string, fromMs = this.#lastHeard): void {
    const gap: NodeGap = { from: isoTime(fromMs), cause, message };
    if (this.#gapOpen) {
      if (this.#comparing && (this.#missedMeanwhile === undefined || gap.from < this.#missedMeanwhile.from)) this.#missedMeanwhile = gap;
      return;
    }
    this.#gapOpen = true;
    this.listener.onGapOpened(gap);
  }

  #beat(): void {
    this.#heartbeatAt = this.clock.now();
    this.#heartbeatTimer?.cancel();
    const patience = this.options.heartbeatIntervalMs * MISSED_BEATS;
    this.#heartbeatTimer = this.clock.after(patience, () => {
      this.#openGap('heartbeat-missed', `no heartbeat for ${patience} ms`);
      this.#link?.abandon('the switch stopped sending heartbeats');
    });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
