import type { Json, Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { LiveFold } from '../../../platform/subscriptions/live-fold.js';
import type { MediaNodeEvent } from '../domain/media-node.events.js';

/** Which media nodes there are, and how often each was changed. Their settings hold a password and stay in the log. */
export class NodeList implements LiveFold {
  readonly name = 'node-list';
  readonly version = 1;
  readonly eventTypes = ['MediaNodeRegistered', 'MediaNodeConfigured', 'MediaNodeRetired'];
  private readonly nodes = new Map<string, { readonly tenantId: string; readonly change: number }>();

  all(): { readonly nodeId: string; readonly tenantId: string; readonly change: number }[] {
    return [...this.nodes].map(([nodeId, node]) => ({ nodeId, ...node }));
  }

  apply(recorded: RecordedEvent): void {
    const event = recorded as Recorded<MediaNodeEvent>;
    const { nodeId } = event.data;
    if (event.type === 'MediaNodeRetired') this.nodes.delete(nodeId);
    else this.nodes.set(nodeId, { tenantId: event.metadata.tenantId, change: (this.nodes.get(nodeId)?.change ?? 0) + 1 });
  }

  snapshot(): Json {
    return [...this.nodes] as unknown as Json;
  }

  restore(state: Json): void {
    for (const [nodeId, node] of state as unknown as [string, { tenantId: string; change: number }][]) this.nodes.set(nodeId, node);
  }
}
