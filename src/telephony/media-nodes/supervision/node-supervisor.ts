import { type Clock, type Timer, within } from '../../../kernel/clock.js';
import { streamOf } from '../../../kernel/streams.js';
import type { CommandExecutor } from '../../../platform/event-store/command-executor.js';
import type { Alarms } from '../../../platform/observability/alarms.port.js';
import type { Lease, Leases } from '../../../platform/subscriptions/leases.port.js';
import { mediaNodeDecider } from '../domain/media-node.decider.js';
import type { OriginationNode, OriginationNodes } from '../../ports/origination-nodes.port.js';
import type { NodeSession, NodeSessions } from '../../ports/node-sessions.port.js';
import type { NodeList } from './node-list.fold.js';
import { NodeWatch, type NodeWatchParts, type WatchFigures } from './node-watch.js';

export interface NodeSupervisorParts {
  readonly nodes: NodeList;
  readonly leases: Leases;
  readonly sessions: NodeSessions;
  readonly executor: CommandExecutor;
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly watch: Omit<NodeWatchParts, 'clock' | 'alarms'>;
  /** Unique per start of the process, for an operator's eyes. */
  readonly holder: string;
  /** How often nodes that nobody owns are looked for, ms. Default 500. */
  readonly lookEveryMs?: number | undefined;
}

interface Owned {
  readonly lease: Lease;
  readonly session: NodeSession;
  readonly watch: NodeWatch;
  readonly change: number;
  readonly trunkAddress: string;
}

const LOOK_EVERY_MS = 500;

/** Longest wait for what a node has told to be recorded before another process may compare it, ms. */
const DRAIN_MS = 2_000;

/**
 * Owns as many media nodes as it can get the leases of, and keeps a session to each. A node's socket
 * is closed before its lease can pass on to another process.
 */
export class NodeSupervisor implements OriginationNodes {
  private readonly owned = new Map<string, Owned>();
  private timer: Timer | undefined;
  private stopped = false;
  private looking: Promise<void> = Promise.resolve();
  private looked = false;

  constructor(private readonly parts: NodeSupervisorParts) {}

  start(): void {
    this.look();
  }

  /** Nodes that this process owns, connected or not. */
  ownedNodes(): string[] {
    return [...this.owned.keys()];
  }

  /** What was missed and found on each node that this process owns. */
  figures(): { readonly nodeId: string; readonly figures: WatchFigures }[] {
    return [...this.owned].map(([nodeId, { watch }]) => ({ nodeId, figures: watch.figures }));
  }

  /**
   * Why no node can be driven that this process owns; undefined: one can, or it owns none and stands by
   * for the process that does.
   */
  problem(): string | undefined {
    if (!this.looked) return 'media nodes are being looked for';
    const owned = this.ownedNodes();
    if (owned.length === 0 || owned.some((nodeId) => this.isReady(nodeId))) return undefined;
    return `no media node is connected and compared (${owned.join(', ')})`;
  }

  isReady(nodeId: string): boolean {
    const owned = this.owned.get(nodeId);
    return owned !== undefined && owned.lease.isHeld() && owned.session.isReady;
  }

  /** The first node that deeds can be done on. */
  choose(): Promise<OriginationNode | undefined> {
    for (const [nodeId, { trunkAddress }] of this.owned) if (this.isReady(nodeId)) return Promise.resolve({ nodeId, trunkAddress });
    return Promise.resolve(undefined);
  }

  /** Facts could not be kept in memory any longer: all nodes are compared anew. */
  resynchroniseAll(message: string): void {
    for (const { session } of this.owned.values()) session.resynchronise('engine-away', message);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.looking;
    await Promise.all([...this.owned.keys()].map((nodeId) => this.giveUp(nodeId)));
  }

  private look(): void {
    if (this.stopped) return;
    this.looking = this.takeAndGive()
      .then(() => void (this.looked = true))
      .catch((error: unknown) => this.parts.alarms.raise({ code: 'node-supervision-failed', message: 'media nodes could not be looked after; it is tried again', error }))
      .then(() => {
        if (!this.stopped) this.timer = this.parts.clock.after(this.parts.lookEveryMs ?? LOOK_EVERY_MS, () => this.look());
      });
  }

  private async takeAndGive(): Promise<void> {
    const wanted = new Map(this.parts.nodes.all().map((node) => [node.nodeId, node]));
    for (const [nodeId, owned] of this.owned) {
      const node = wanted.get(nodeId);
      if (node === undefined || node.change !== owned.change || !owned.lease.isHeld()) await this.giveUp(nodeId);
    }
    for (const node of wanted.values()) {
      if (!this.owned.has(node.nodeId) && !this.stopped) await this.take(node);
    }
  }

  private async take({ nodeId, tenantId, change }: { readonly nodeId: string; readonly tenantId: string; readonly change: number }): Promise<void> {
    const { leases, executor, sessions, clock, alarms, watch, holder } = this.parts;
    const lease = await leases.acquire(`node/${nodeId}`, holder);
    if (lease === undefined) return;
    try {
      const { state } = await executor.load(mediaNodeDecider, streamOf('node', nodeId));
      if (state.settings === null || typeof state.settings === 'string' || state.status !== 'active') {
        await lease.release();
        return;
      }
      const listener = new NodeWatch(nodeId, tenantId, { ...watch, clock, alarms }, state);
      const session = sessions.open(nodeId, state.settings, listener);
      this.owned.set(nodeId, { lease, session, watch: listener, change, trunkAddress: state.settings.trunkAddress });
      lease.lost.addEventListener('abort', () => {
        if (this.owned.get(nodeId)?.lease === lease) void this.giveUp(nodeId);
      }, { once: true });
      session.start();
    } catch (error) {
      // It would renew itself for ever, and nobody could take the node.
      await lease.release();
      throw error;
    }
  }

  /** The lease is released even where it seems to be over: after the clock was set it may still renew itself. */
  private async giveUp(nodeId: string): Promise<void> {
    const owned = this.owned.get(nodeId);
    if (owned === undefined) return;
    this.owned.delete(nodeId);
    await owned.session.close();
    const { clock, watch } = this.parts;
    if (owned.lease.isHeld()) await within(clock, DRAIN_MS, watch.lanes.drained());
    owned.watch.stop();
    await owned.lease.release();
  }
}
