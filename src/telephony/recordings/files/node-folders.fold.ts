import type { Json, Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { LiveFold } from '../../../platform/subscriptions/live-fold.js';
import type { MediaNodeEvent } from '../../contract/configuration-events.js';

/** Where a media node is, and where it leaves its recordings. */
export interface NodeFolder {
  readonly nodeId: string;
  readonly host: string;
  readonly recordingsFolder: string;
}

/** The folders of all media nodes that ever were: files of a retired one are still waited for. */
export class NodeFolders implements LiveFold {
  readonly name = 'node-folders';
  readonly version = 1;
  readonly eventTypes = ['MediaNodeRegistered', 'MediaNodeConfigured'];
  private readonly byNode = new Map<string, NodeFolder>();

  all(): readonly NodeFolder[] {
    return [...this.byNode.values()];
  }

  get(nodeId: string): NodeFolder | undefined {
    return this.byNode.get(nodeId);
  }

  apply(recorded: RecordedEvent): void {
    const { nodeId, settings } = (recorded as Recorded<Extract<MediaNodeEvent, { type: 'MediaNodeRegistered' | 'MediaNodeConfigured' }>>).data;
    // With the password everything else of the settings is erased.
    if (typeof settings === 'object') this.byNode.set(nodeId, { nodeId, host: settings.host, recordingsFolder: settings.recordingsFolder });
  }

  snapshot(): Json {
    return this.all() as unknown as Json;
  }

  restore(state: Json): void {
    for (const folder of state as unknown as readonly NodeFolder[]) this.byNode.set(folder.nodeId, folder);
  }
}
