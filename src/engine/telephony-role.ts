import { within } from '../kernel/clock.js';
import { EffectRunner } from '../platform/effects/effect-runner.js';
import { TimerRunner } from '../platform/effects/timer-runner.js';
import { Leased } from '../platform/subscriptions/leased.js';
import type { ReadinessProblem } from '../platform/http/readiness.port.js';
import { SealedRows } from '../platform/privacy/sealed-text.js';
import { LiveFoldRunner } from '../platform/subscriptions/live-fold-runner.js';
import { ProcessRunner } from '../platform/subscriptions/process-runner.js';
import { AgentDirectory } from '../routing/agents/directory/agent-directory.fold.js';
import { CallerAdmission } from '../routing/offers/caller-admission.js';
import { Router } from '../routing/offers/router.js';
import { RouterState } from '../routing/offers/router-state.js';
import { routingProcesses, routingTimers } from '../routing/offers/routing-reactions.js';
import type { EslConnect } from '../telephony/adapters/freeswitch/esl-client.port.js';
import { FreeswitchGateway } from '../telephony/adapters/freeswitch/freeswitch-gateway.js';
import { FreeswitchNodeSessions } from '../telephony/adapters/freeswitch/freeswitch-node-sessions.js';
import type { MediaNodeSessionOptions } from '../telephony/adapters/freeswitch/session-options.js';
import { CallIngest } from '../telephony/calls/ingest/call-ingest.js';
import { FactLanes } from '../telephony/calls/ingest/fact-lanes.js';
import { LiveLegs } from '../telephony/calls/ingest/live-legs.fold.js';
import { finishLegMoves } from '../telephony/calls/processes/finish-leg-moves.process.js';
import { type SwitchRequest, switchActions } from '../telephony/calls/processes/switch-actions.effect.js';
import { NodeList } from '../telephony/media-nodes/supervision/node-list.fold.js';
import { NodeSupervisor } from '../telephony/media-nodes/supervision/node-supervisor.js';
import { NumberDirectoryFold } from '../telephony/numbers/directory/number-directory.fold.js';
import type { Core } from './core.js';
import type { Runners } from './metrics/runners.js';

export interface TelephonyOptions {
  readonly connect: EslConnect;
  readonly rejectUnknownNumbers: boolean;
  /** Memory for facts that wait for an event store that is away, bytes; beyond it all nodes are compared anew. Default 64 MiB. */
  readonly heldFactsBytes?: number | undefined;
  readonly session?: Partial<Omit<MediaNodeSessionOptions, 'nodeId' | 'host' | 'port' | 'password'>>;
}

const HELD_FACTS_BYTES = 64 * 1024 * 1024;

/** Longest wait at shutdown for facts that the store does not take, ms. */
const DRAIN_MS = 5_000;

/** Drives media nodes: facts in, deeds out, callers to agents. Several processes may have this role; leases say who does what. */
export class TelephonyRole {
  readonly legs = new LiveLegs();
  readonly numbers = new NumberDirectoryFold();
  readonly nodes = new NodeList();
  readonly agents = new AgentDirectory();
  readonly routing = new RouterState();
  readonly effects: EffectRunner<SwitchRequest>;
  readonly sessions: FreeswitchNodeSessions;
  readonly gateway: FreeswitchGateway;
  readonly lanes: FactLanes;
  private readonly admission: CallerAdmission;
  private readonly router: Router;
  private readonly folds: LiveFoldRunner;
  private readonly routerLease: Leased;
  private readonly processes: Leased<ProcessRunner>;
  private readonly timers: Leased<TimerRunner>;
  private supervisor: NodeSupervisor | undefined;
  private ready = false;

  constructor(
    private readonly core: Core,
    private readonly options: TelephonyOptions,
  ) {
    const { clock, random, alarms, dispatcher, log, reader, logId, snapshots, leases, holder } = core;
    const gateway = (this.gateway = new FreeswitchGateway(clock));
    this.sessions = new FreeswitchNodeSessions(options.connect, gateway, clock, random, options.session);
    this.effects = new EffectRunner(switchActions(gateway), { log, dispatcher, clock, alarms, holder });
    this.lanes = new FactLanes(
      (stream, command) => dispatcher.dispatch(stream, command),
      clock,
      { maxBytes: options.heldFactsBytes ?? HELD_FACTS_BYTES, retryMs: 100 },
      () => this.supervisor?.resynchroniseAll('the event store has been away for longer than facts can be kept'),
      (callId, command, error) => alarms.raise({ code: 'fact-not-recorded', message: `${command.type} of a switch could not be recorded`, details: { callId }, error }),
    );
    this.admission = new CallerAdmission({
      queues: { queueOf: (queueId) => this.routing.queueOf(queueId), expect: (callId, queueId) => this.routing.expectCaller(callId, queueId), unexpect: (callId) => this.routing.unexpectCaller(callId) },
      numbers: this.numbers,
      dispatcher,
      clock,
      alarms,
      musicOf: (nodeId) => this.agents.musicOf(nodeId),
      enabled: () => this.routes,
      entering: (caller) => this.router.entering(caller),
    });
    this.router = new Router({ state: this.routing, addresses: this.agents, dispatcher, clock, random, alarms, enabled: () => this.routes });
    this.folds = new LiveFoldRunner({ reader, logId, alarms, clock, snapshots }, [this.legs, this.numbers, this.nodes, this.agents, this.routing, this.admission, this.effects], { name: 'telephony' });
    this.folds.onApplied((events) => {
      if (!this.routes) return;
      this.admission.admit();
      this.router.applied(events);
    });
    const leased = { leases, clock, alarms, holder, askEveryMs: core.askEveryMs };
    this.routerLease = new Leased('router', leased, () => {
      clock.after(0, () => this.wake());
      return Promise.resolve({ stop: () => Promise.resolve() });
    });
    this.processes = new Leased('processes/routing', leased, async (lease) => {
      const runner = new ProcessRunner({ reader, log, dispatcher, clock, alarms, checkpoints: core.checkpoints, parked: core.parked }, [...routingProcesses, finishLegMoves], { name: 'processes/routing', lease });
      await runner.start();
      return runner;
    });
    this.timers = new Leased('timers', leased, async (lease) => {
      const runner = new TimerRunner({ reader, logId, store: core.timers, dispatcher, clock, alarms }, routingTimers, { name: 'timers', lease });
      await runner.start();
      return runner;
    });
  }

  /** Nodes that this process owns, and the choice of one for a call of our own. */
  get media(): NodeSupervisor {
    if (this.supervisor === undefined) throw new Error('the telephony role has not started');
    return this.supervisor;
  }

  /** What was missed and found on the nodes that this process owns. */
  watched(): ReturnType<NodeSupervisor['figures']> {
    return this.supervisor?.figures() ?? [];
  }

  /** What runs here under a lease now. */
  get runners(): Pick<Runners, 'processes' | 'timers'> {
    const [processes, timers] = [this.processes.current, this.timers.current];
    return { processes: processes === undefined ? [] : [{ name: 'processes/routing', runner: processes }], timers: timers === undefined ? [] : [{ name: 'timers', runner: timers }] };
  }

  /** Why calls cannot be driven now; undefined: they can, by this process or by one that it stands by for. */
  problem(): ReadinessProblem | undefined {
    if (!this.ready) return { code: 'state-not-rebuilt', reason: 'the state of calls and agents is being rebuilt from the log' };
    const reason = this.media.problem();
    return reason === undefined ? undefined : { code: 'no-node-connected', reason };
  }

  async start(): Promise<void> {
    const { core, options, lanes } = this;
    const { clock, alarms, dispatcher, executor, leases, holder } = core;
    await this.folds.start();
    await this.folds.caughtUp();
    await this.agents.hydrate(new SealedRows(core.keys));
    const ingest = new CallIngest({ legs: this.legs, lanes, numbers: this.numbers, devices: this.agents, keys: core.keys, rejectUnknownNumbers: options.rejectUnknownNumbers });
    this.supervisor = new NodeSupervisor({
      nodes: this.nodes, leases, sessions: this.sessions, executor, clock, alarms, holder, lookEveryMs: core.askEveryMs,
      watch: { dispatcher, legs: this.legs, ingest, lanes },
    });
    await Promise.all([this.processes.start(), this.timers.start(), this.routerLease.start()]);
    this.effects.start();
    this.supervisor.start();
    this.ready = true;
    this.wake();
  }

  /** Lets go in the order that strands nobody: no new offers, the switch's sockets, then what is under way. */
  async stop(): Promise<void> {
    this.ready = false;
    this.router.stop();
    await this.supervisor?.stop();
    await within(this.core.clock, DRAIN_MS, this.lanes.drained());
    this.lanes.stop();
    await this.effects.stop();
    await Promise.all([this.routerLease.stop(), this.processes.stop(), this.timers.stop()]);
    await this.folds.stop();
  }

  private wake(): void {
    if (!this.routes) return;
    this.admission.admit();
    this.router.wake();
  }

  private get routes(): boolean {
    return this.ready && this.routerLease.isHeld;
  }
}
