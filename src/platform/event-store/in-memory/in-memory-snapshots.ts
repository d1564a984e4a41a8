import type { Snapshot, SnapshotStore } from '../snapshots.port.js';

/** Snapshots as JSON text in memory, so that nothing is shared with the state that goes on. */
export class InMemorySnapshots implements SnapshotStore {
  private readonly texts = new Map<string, string>();

  async load(name: string): Promise<Snapshot | undefined> {
    const text = this.texts.get(name);
    if (text === undefined) return undefined;
    const { revision, ...rest } = JSON.parse(text) as { revision: string; version: number; state: Snapshot['state'] };
    return { ...rest, revision: BigInt(revision) };
  }

  async save(name: string, { revision, version, state }: Snapshot): Promise<void> {
    this.texts.set(name, JSON.stringify({ revision: revision.toString(), version, state }));
  }
}
