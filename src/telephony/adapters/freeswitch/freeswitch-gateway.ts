import { type Clock, msOf, type Timer } from '../../../kernel/clock.js';
import type { SwitchAction } from '../../contract/switch-actions.js';
import type { SwitchFact } from '../../ports/switch-facts.js';
import type { ActionResult, TelephonyGateway } from '../../ports/telephony-gateway.port.js';
import { DeedLanes } from './deed-lanes.js';
import type { EslClient } from './esl-client.port.js';
import { EslCommandRefused } from './esl-client.port.js';
import { commandOf, type CommandOptions, type SwitchCommand, UnspeakableAction } from './freeswitch-commands.js';
import type { SessionObserver } from './session-options.js';

/** What the gateway needs of a node's session. */
export interface CommandedNode {
  readonly nodeId: string;
  readonly isReady: boolean;
  /** Undefined while deeds cannot be done. */
  readonly commands: EslClient | undefined;
  exists(channelId: string): Promise<boolean>;
  observe(observer: SessionObserver): () => void;
}

/** Transfers go through the dialplan that Trunkline ships. */
export const GATEWAY_DEFAULTS: CommandOptions = { jobTimeoutMs: 10_000, transferContext: 'trunkline' };

/** How long the next deed of a channel waits for the result of the one before, ms; it usually comes within 64. */
const PATIENCE_MS = 2_000;

/** A deed that was sent and has no outcome yet. */
interface Pending {
  readonly nodeId: string;
  readonly action: SwitchAction;
  readonly settle: (result: ActionResult) => void;
  /** Lets the next deed of the channel go. */
  readonly release: () => void;
  answered: boolean;
  ended: boolean;
}

/** Carries out deeds on FreeSWITCH nodes by background jobs, whose results come back as facts. */
export class FreeswitchGateway implements TelephonyGateway {
  readonly #nodes = new Map<string, { readonly node: CommandedNode; readonly forget: () => void }>();
  readonly #lanes = new DeedLanes();
  /** By action id. */
  readonly #pending = new Map<string, Pending>();
  /** Those that must know what becomes of their channel, by channel id. */
  readonly #byChannel = new Map<string, Set<Pending>>();

  constructor(
    private readonly clock: Clock,
    private readonly options: CommandOptions = GATEWAY_DEFAULTS,
  ) {}

  /** From now on deeds for this node go through `node`; one that was there before is forgotten. */
  add(node: CommandedNode): void {
    this.remove(node.nodeId);
    const forget = node.observe({
      onFact: (fact) => this.#onFact(node.nodeId, fact),
      onLost: (message) => this.#onLost(node.nodeId, message),
    });
    this.#nodes.set(node.nodeId, { node, forget });
  }

  /** The node is somebody else's now: what was on its way has no known outcome. */
  remove(nodeId: string): void {
    this.#nodes.get(nodeId)?.forget();
    if (this.#nodes.delete(nodeId)) this.#onLost(nodeId, 'the media node was given up');
  }

  /** Deeds that were sent and have no outcome yet. */
  get pendingDeeds(): number {
    return this.#pending.size;
  }

  isReady(nodeId: string): boolean {
    return this.#nodes.get(nodeId)?.node.isReady ?? false;
  }

  async exists(nodeId: string, channelId: string): Promise<boolean> {
    const known = this.#nodes.get(nodeId);
    if (known === undefined) throw new Error('this process does not own the media node');
    return known.node.exists(channelId);
  }

  async perform(nodeId: string, action: SwitchAction, deadlineAt?: string): Promise<ActionResult> {
    let command: SwitchCommand;
    try {
      command = commandOf(action, this.options);
    } catch (error) {
      if (error instanceof UnspeakableAction) return { ok: false, reason: error.message };
      throw error;
    }
    return this.#lanes.run(`${nodeId} ${action.channelId}`, async (release) => {
      if (deadlineAt !== undefined && this.clock.now() > msOf(deadlineAt)) return { ok: false, reason: 'too late: nothing was sent' };
      return this.#carryOut(nodeId, action, command, release);
    });
  }

  async #carryOut(nodeId: string, action: SwitchAction, command: SwitchCommand, release: () => void): Promise<ActionResult> {
    const client = this.#nodes.get(nodeId)?.node.commands;
    if (client === undefined) return { ok: false, reason: 'the media node is not connected: nothing was sent' };
    if (this.#pending.has(action.actionId)) return { ok: false, reason: `action ${action.actionId} is being carried out already: nothing was sent` };
    return new Promise<ActionResult>((resolve) => {
      // A result that does not come must not hold up the channel: an originate lets go once its leg is there.
      const patience = action.deed === 'originate' ? undefined : this.clock.after(PATIENCE_MS, release);
      let timer: Timer | undefined = undefined;
      const pending: Pending = {
        nodeId,
        action,
        release,
        answered: false,
        ended: false,
        settle: (result) => {
          timer?.cancel();
          patience?.cancel();
          if (this.#pending.get(action.actionId) === pending) this.#pending.delete(action.actionId);
          this.#forgetChannel(pending);
          resolve(result);
        },
      };
      this.#pending.set(action.actionId, pending);
      if (action.deed === 'originate' || action.deed === 'collect-digits') this.#byChannel.set(action.channelId, (this.#byChannel.get(action.channelId) ?? new Set()).add(pending));
      timer = this.clock.after(command.timeoutMs, () => pending.settle({ ok: 'unknown', reason: `no result within ${command.timeoutMs} ms` }));
      void this.#send(client, command, pending);
    });
  }

  async #send(client: EslClient, command: SwitchCommand, pending: Pending): Promise<void> {
    const { actionId, channelId } = pending.action;
    try {
      if (command.by === 'job') await client.bgapi(command.command, actionId);
      else {
        await client.execute(channelId, command.application, command.argument, { eventUuid: actionId, lock: true });
        // The channel takes what comes next while it collects: a hang-up must not wait for the digits.
        pending.release();
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      pending.settle(error instanceof EslCommandRefused ? { ok: false, reason } : { ok: 'unknown', reason });
    }
  }

  #onFact(nodeId: string, fact: SwitchFact): void {
    if (fact.kind === 'job-completed') {
      const pending = this.#pending.get(fact.jobId);
      if (pending === undefined || pending.nodeId !== nodeId) return;
      if (fact.ok) pending.settle({ ok: true, result: fact.result });
      else if (pending.action.deed === 'originate') void this.#judgeOriginate(pending, fact.result);
      else pending.settle({ ok: false, reason: fact.result });
      return;
    }
    if (!('channelId' in fact)) return;
    for (const pending of this.#byChannel.get(fact.channelId) ?? []) {
      if (pending.nodeId !== nodeId) continue;
      if (pending.action.deed === 'originate') this.#followLeg(pending, fact);
      else this.#followDigits(pending, fact);
    }
  }

  #forgetChannel(pending: Pending): void {
    const { channelId } = pending.action;
    const others = this.#byChannel.get(channelId);
    if (others?.delete(pending) === true && others.size === 0) this.#byChannel.delete(channelId);
  }

  /** Once the leg is there, it can be told to hang up while it still rings. */
  #followLeg(pending: Pending, fact: SwitchFact): void {
    if (fact.kind === 'channel-answered') pending.answered = true;
    if (fact.kind === 'channel-ended' || fact.kind === 'channel-destroyed') pending.ended = true;
    if (fact.kind === 'channel-appeared' || pending.ended) pending.release();
  }

  /** The digits themselves are not the result: they are personal, and their fact carries them. */
  #followDigits(pending: Pending, fact: SwitchFact): void {
    if (fact.kind === 'digits-collected' && fact.actionId === pending.action.actionId) pending.settle({ ok: true, result: fact.result });
    if (fact.kind === 'channel-ended' || fact.kind === 'channel-destroyed') pending.settle({ ok: false, reason: 'the channel ended' });
  }

  /** A leg that was taken into a bridge before it could park fails as ORIGINATOR_CANCEL and lives on. */
  async #judgeOriginate(pending: Pending, reason: string): Promise<void> {
    const { channelId } = pending.action;
    const failed: ActionResult = { ok: false, reason };
    if (pending.answered) return pending.settle({ ok: true, result: channelId });
    if (pending.ended) return pending.settle(failed);
    try {
      pending.settle((await this.exists(pending.nodeId, channelId)) ? { ok: true, result: channelId } : failed);
    } catch (error) {
      pending.settle({ ok: 'unknown', reason: `${reason}, and the switch cannot be asked whether the leg lives: ${error instanceof Error ? error.message : String(error)}` });
    }
  }

  #onLost(nodeId: string, message: string): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.nodeId === nodeId) pending.settle({ ok: 'unknown', reason: `the connection went before the result: ${message}` });
    }
  }
}
