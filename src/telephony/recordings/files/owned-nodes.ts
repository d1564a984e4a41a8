import { Leased, type LeasedParts } from '../../../platform/subscriptions/leased.js';
import type { NodeFolder, NodeFolders } from './node-folders.fold.js';

/**
 * The media nodes whose files this process looks after: those that are here, as far as their leases
 * are to be had. Of several processes on one machine each node has one.
 */
export class OwnedNodes {
  private readonly leased = new Map<string, Leased>();
  private started = false;

  constructor(
    private readonly folders: NodeFolders,
    private readonly isHere: (node: NodeFolder) => boolean,
    private readonly parts: LeasedParts,
  ) {}

  isOurs(nodeId: string): boolean {
    return this.leased.get(nodeId)?.isHeld === true;
  }

  /** Nodes that are here, whoever has their lease. */
  here(): readonly string[] {
    return [...this.leased.keys()];
  }

  async start(): Promise<void> {
    this.started = true;
    await this.follow();
  }

  /** Asks for the leases of nodes that are new, and lets go of those that moved elsewhere. */
  async follow(): Promise<void> {
    if (!this.started) return;
    const moves: Promise<void>[] = [];
    for (const node of this.folders.all()) {
      const has = this.leased.get(node.nodeId);
      const here = this.isHere(node);
      if (here && has === undefined) {
        const leased = new Leased(`media/${node.nodeId}`, this.parts, () => Promise.resolve({ stop: () => Promise.resolve() }));
        this.leased.set(node.nodeId, leased);
        moves.push(leased.start());
      } else if (!here && has !== undefined) {
        this.leased.delete(node.nodeId);
        moves.push(has.stop());
      }
    }
    await Promise.all(moves);
  }

  async stop(): Promise<void> {
    this.started = false;
    await Promise.all([...this.leased.values()].map((leased) => leased.stop()));
    this.leased.clear();
  }
}
