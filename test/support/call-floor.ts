import { isoTime } from '../../src/kernel/clock.js';
import type { Command } from '../../src/kernel/command.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { DECIDERS, eventCatalog } from '../../src/engine/domain.js';
import { InMemoryTimerStore } from '../../src/platform/effects/in-memory-timer-store.js';
import { TimerRunner } from '../../src/platform/effects/timer-runner.js';
import { CommandDispatcher } from '../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor, type CommandResult } from '../../src/platform/event-store/command-executor.js';
import { deterministicId } from '../../src/platform/event-store/deterministic-ids.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySnapshots } from '../../src/platform/event-store/in-memory/in-memory-snapshots.js';
import { AlarmCounter } from '../../src/platform/observability/alarms.port.js';
import { InMemorySubjectKeys } from '../../src/platform/privacy/in-memory-subject-keys.js';
import { InMemoryCheckpoints } from '../../src/platform/subscriptions/in-memory-checkpoints.js';
import { InMemoryLeaseTable } from '../../src/platform/subscriptions/in-memory-leases.js';
import { InMemoryParkedEvents } from '../../src/platform/subscriptions/in-memory-parked-events.js';
import { SealedRows } from '../../src/platform/privacy/sealed-text.js';
import { LiveFoldRunner } from '../../src/platform/subscriptions/live-fold-runner.js';
import { ProcessRunner } from '../../src/platform/subscriptions/process-runner.js';
import { Reader } from '../../src/platform/subscriptions/reader.js';
import { AgentDirectory } from '../../src/routing/agents/directory/agent-directory.fold.js';
import { Router } from '../../src/routing/offers/router.js';
import { RouterState } from '../../src/routing/offers/router-state.js';
import { enteringCaller } from '../../src/routing/offers/routing-view.js';
import { finishLegMoves } from '../../src/telephony/calls/processes/finish-leg-moves.process.js';
import { routingProcesses, routingTimers } from '../../src/routing/offers/routing-reactions.js';
import type { QueueSettings } from '../../src/routing/queues/domain/queue.events.js';
import type { CallCommand, LegFact, NewLeg } from '../../src/telephony/contract/call-commands.js';
import type { CallEvent } from '../../src/telephony/contract/call-events.js';
import { ManualClock, SeededRandom, settle } from './manual-clock.js';
import { queueSettings } from './routing-events.js';

/** How an agent's phone behaves when it rings; ms after the ringing began. */
export type Phone = { readonly does: 'answer'; readonly afterMs: number; readonly talkMs: number | null } | { readonly does: 'ring' } | { readonly does: 'busy' } | { readonly does: 'reject' } | { readonly does: 'nothing' };

const TENANT = 'acme';
const NODE = { name: 'n', host: 'h', port: 8021, password: 'secret', deviceAddress: 'user/{user}@default', trunkAddress: 'x/{number}', music: 'local_stream://moh', recordingsFolder: '/r' };

/** A process of the engine as far as routing goes: it shares the log with others. */
export interface Engine {
  readonly log: EventLog;
  readonly state: RouterState;
  readonly router: Router;
  readonly alarms: AlarmCounter;
  readonly dispatcher: CommandDispatcher;
  readonly executor: CommandExecutor;
  /** Stops at once, as after a kill, or in good order. */
  stop(how: 'killed' | 'in order'): Promise<void>;
}

/**
 * A call centre without a switch: real deciders, processes, timers, folds and router on an in-memory
 * log and a clock that the test moves; phones do what the test says.
 */
export class CallFloor {
  readonly clock = new ManualClock();
  readonly store = new InMemoryEventStore({ clock: this.clock, logId: 'floor' });
  readonly phones = new Map<string, Phone>();
  readonly engines: Engine[] = [];
  private readonly snapshots = new InMemorySnapshots();
  private readonly keys = new InMemorySubjectKeys();
  private readonly checkpoints = new InMemoryCheckpoints(new InMemoryLeaseTable(this.clock));
  private readonly parked = new InMemoryParkedEvents();
  private readonly timers = new InMemoryTimerStore();
  private commands = 0;

  constructor(readonly random = new SeededRandom(1)) {}

  /** 'router': routes only; the others run processes and timers as well. */
  async boot(part: 'everything' | 'router' = 'everything'): Promise<Engine> {
    const { clock } = this;
    const log = new EventLog(this.store, eventCatalog(), this.keys);
    log.onCommitted((events) => this.hear(events));
    const alarms = new AlarmCounter();
    const reader = new Reader(log, clock, alarms);
    await reader.start();
    const executor = new CommandExecutor(log, this.snapshots);
    const dispatcher = new CommandDispatcher(executor, DECIDERS);
    const state = new RouterState();
    const addresses = new AgentDirectory();
    let ready = false;
    const router = new Router({ state, addresses, dispatcher, clock, random: this.random, alarms, enabled: () => ready });
    const folds = new LiveFoldRunner({ reader, logId: 'floor', alarms, clock, snapshots: this.snapshots }, [state, addresses], { name: `folds-${this.engines.length}`, snapshotEvery: 50, snapshotMs: 0 });
    folds.onApplied((events) => router.applied(events));
    const processes = new ProcessRunner({ reader, log, dispatcher, clock, alarms, checkpoints: this.checkpoints, parked: this.parked }, [...routingProcesses, finishLegMoves], { name: 'processes' });
    const timers = new TimerRunner({ reader, logId: 'floor', store: this.timers, dispatcher, clock, alarms }, routingTimers, { name: 'timers' });
    const engine: Engine = {
      log, state, router, alarms, dispatcher, executor,
      stop: async (how) => {
        router.stop();
        this.engines.splice(this.engines.indexOf(engine), 1);
        if (part === 'everything') await Promise.all([processes.stop(), timers.stop()]);
        if (how === 'in order') await folds.stop();
        await reader.stop();
      },
    };
    this.engines.push(engine);
    await folds.start();
    if (part === 'everything') {
      await processes.start();
      await timers.start();
    }
    await folds.caughtUp();
    await addresses.hydrate(new SealedRows(this.keys));
    ready = true;
    router.wake();
    await this.quiet();
    return engine;
  }

  /** Lets everything run that needs no time. */
  quiet(): Promise<void> {
    return settle(12);
  }

  async advance(ms: number, stepMs = ms): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(left, stepMs));
      await this.quiet();
    }
  }

  send(stream: string, type: string, data: unknown, more: Partial<Command['meta']> = {}): Promise<CommandResult> {
    this.commands += 1;
    const commandId = deterministicId('floor', this.commands);
    const [engine] = this.engines;
    if (engine === undefined) throw new Error('no engine runs');
    return engine.dispatcher.dispatch(stream, { type, data, meta: { commandId, tenantId: TENANT, at: isoTime(this.clock.now()), actor: { kind: 'system', id: 'floor' }, correlationId: stream.slice(stream.indexOf('-') + 1), causationId: commandId, ...more } });
  }

  async node(): Promise<void> {
    await this.send('node-n1', 'RegisterMediaNode', { nodeId: 'n1', settings: NODE });
  }

  async queue(queueId: string, settings: Partial<QueueSettings> = {}, agents: readonly string[] = []): Promise<void> {
    await this.send(`queue-${queueId}`, 'CreateQueue', { queueId, settings: { ...queueSettings, ...settings } });
    for (const [i, agentId] of agents.entries()) await this.send(`queue-${queueId}`, 'JoinQueue', { agentId, level: 1, position: i + 1 });
  }

  /** Creates the agent on first use, signs in and becomes available. */
  async signIn(agentId: string, phone: Phone = { does: 'answer', afterMs: 2_000, talkMs: 60_000 }): Promise<void> {
    this.phones.set(agentId, phone);
    await this.send(`agent-${agentId}`, 'CreateAgent', { agentId, settings: { displayName: agentId, deviceUser: agentId, address: null } }).catch(() => undefined);
    await this.send(`agent-${agentId}`, 'StartShift', {});
    await this.quiet();
    await this.send(await this.shiftOf(agentId), 'MakeAvailable', {});
    await this.quiet();
  }

  async shiftOf(agentId: string): Promise<string> {
    const started = (await this.events(`agent-${agentId}`)).filter(({ type }) => type === 'AgentShiftStarted');
    return `agentShift-${agentId}+${started.length}`;
  }

  /** A caller arrives and waits in the queue. */
  async call(callId: string, queueId: string, more: { readonly priority?: number; readonly maxWaitMs?: number; readonly overflowTo?: string } = {}): Promise<void> {
    const at = isoTime(this.clock.now());
    await this.send(`call-${callId}`, 'StartCall', { callId, interactionId: callId, switchSessionId: 's', direction: 'inbound', numberId: 'n', from: '+15550100', fromName: '', to: '+15550999', leg: leg(callId) });
    await this.fact(callId, callId, { kind: 'parked' });
    const overflow = more.overflowTo === undefined ? { kind: 'hang-up' } : { kind: 'queue', queueId: more.overflowTo };
    const maxWaitAt = more.maxWaitMs === undefined ? null : isoTime(this.clock.now() + more.maxWaitMs);
    const entry = { segmentId: `s-${callId}`, legId: callId, queueId, priority: more.priority ?? 5, waitingSince: at, maxWaitAt, answer: 'on-entry', overflow, previousSegmentId: null, music: null };
    const commandId = deterministicId('entry', callId);
    const sent = this.send(`call-${callId}`, 'EnqueueCall', entry, { commandId });
    this.engines[0]?.router.entering(enteringCaller(entry, { callId, tenantId: TENANT, nodeId: 'n1', commandId, visited: [queueId] }));
    await sent;
    await this.quiet();
  }

  async fact(callId: string, legId: string, fact: LegFact): Promise<void> {
    await this.send(`call-${callId}`, 'RecordLegFact', { legId, fact });
  }

  async hangUp(callId: string, legId = callId, cause = 'NORMAL_CLEARING', hungUpBy: 'far-end' | 'switch' = 'far-end'): Promise<void> {
    await this.fact(callId, legId, { kind: 'ended', cause, q850: null, sipStatus: null, hungUpBy, times: { createdAt: isoTime(this.clock.now()) } });
    await this.quiet();
  }

  events(stream: string): Promise<RecordedEvent[]> {
    return new EventLog(this.store, eventCatalog(), this.keys).readStream(stream);
  }

  async types(stream: string, pattern = /^(Agent|Offer|CallEn|CallDe)/): Promise<string[]> {
    return (await this.events(stream)).map(({ type }) => type).filter((type) => pattern.test(type));
  }

  async everything(): Promise<RecordedEvent[]> {
    return new EventLog(this.store, eventCatalog(), this.keys).decode(await this.store.readAll({ maxCount: 1_000_000 }));
  }

  /** The switch: it does what is asked for, as the phones allow. */
  private hear(events: readonly RecordedEvent[]): void {
    for (const recorded of events) {
      const event = recorded as RecordedEvent<Extract<CallEvent, { type: 'SwitchActionRequested' }>>;
      if (event.type !== 'SwitchActionRequested') continue;
      const { actionId, channelId, deed } = event.data;
      const callId = event.stream.slice('call-'.length);
      const say = (type: CallCommand['type'], data: unknown, ms: number): void => void this.clock.after(ms, () => void this.told(event.stream, type, data));
      // An originate is settled when its leg is there; one that reaches nothing, never in time.
      const reaches = deed !== 'originate' || (this.phoneOf(event).does !== 'nothing');
      say('SettleAction', { actionId, outcome: reaches ? 'succeeded' : 'unknown', detail: '' }, reaches ? 30 : 60_000);
      if (deed === 'originate') this.ring(channelId, this.phoneOf(event), (event.data.parameters as { timeoutMs: number }).timeoutMs, say);
      if (deed === 'hang-up') say('RecordLegFact', { legId: channelId, fact: ended((event.data.parameters as { cause: string }).cause, 'switch') }, 10);
      if (deed === 'answer') say('RecordLegFact', { legId: callId, fact: { kind: 'answered' } }, 10);
      if (deed === 'bridge') say('RecordLegFact', { legId: callId, fact: { kind: 'bridged', otherLegId: (event.data.parameters as { otherChannelId: string }).otherChannelId } }, 10);
    }
  }

  private phoneOf(event: RecordedEvent<Extract<CallEvent, { type: 'SwitchActionRequested' }>>): Phone {
    const { address } = event.data.personal as { address: string };
    return this.phones.get(address.slice('user/'.length, -'@default'.length)) ?? { does: 'nothing' };
  }

  private ring(legId: string, phone: Phone, timeoutMs: number, say: (type: CallCommand['type'], data: unknown, ms: number) => void): void {
    if (phone.does === 'nothing') return;
    const tell = (fact: LegFact, ms: number): void => say('RecordLegFact', { legId, fact }, ms);
    say('AddLeg', { leg: { ...leg(legId), role: 'callee', direction: 'outbound' } }, 20);
    if (phone.does === 'busy') return tell(ended('USER_BUSY', 'far-end'), 60);
    tell({ kind: 'ringing' }, 100);
    if (phone.does === 'reject') return tell(ended('CALL_REJECTED', 'far-end'), 1_500);
    if (phone.does === 'ring') return tell(ended('NO_ANSWER', 'switch'), timeoutMs);
    tell({ kind: 'answered' }, 100 + phone.afterMs);
    tell({ kind: 'parked' }, 120 + phone.afterMs);
    if (phone.talkMs !== null) tell(ended('NORMAL_CLEARING', 'far-end'), 120 + phone.afterMs + phone.talkMs);
  }

  private async told(stream: string, type: string, data: unknown): Promise<void> {
    if (this.engines.length === 0) return;
    await this.send(stream, type, data, { actor: { kind: 'switch', id: 'n1' } });
    // A caller whose agent hung up hangs up as well.
    const fact = (data as { fact?: LegFact; legId?: string }).fact;
    const callId = stream.slice('call-'.length);
    if (fact?.kind === 'ended' && fact.cause === 'NORMAL_CLEARING' && (data as { legId: string }).legId !== callId) await this.send(stream, 'RecordLegFact', { legId: callId, fact: ended('NORMAL_CLEARING', 'switch') });
  }
}

const leg = (legId: string): NewLeg => ({ legId, nodeId: 'n1', role: 'caller', direction: 'inbound', origin: 'trunk', internal: false, agentId: null, shiftId: null, personId: `p-${legId}`, number: '+15550100', name: '' });

const ended = (cause: string, hungUpBy: 'far-end' | 'switch'): LegFact => ({ kind: 'ended', cause, q850: null, sipStatus: null, hungUpBy, times: { createdAt: '2026-01-01T00:00:00.000Z' } });
