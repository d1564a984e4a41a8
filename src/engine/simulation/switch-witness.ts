import type { EventStore } from '../../platform/event-store/event-store.port.js';

interface Sent {
  readonly command: string;
  /** How much of the log there was when it was sent. */
  readonly atPosition: bigint;
}

/** What was sent to the switch, by the id of the deed: told by the wire, not by the log. */
export class SwitchWitness {
  readonly sent = new Map<string, Sent[]>();
  private position = 0n;

  constructor(private readonly log: Pick<EventStore, 'head'>) {}

  hear(command: string): void {
    const id = /^(?:Job-UUID|Event-UUID): (\S+)$/m.exec(command)?.[1];
    if (id === undefined) return;
    const entry: Sent[] = this.sent.get(id) ?? [];
    this.sent.set(id, entry);
    const index = entry.push({ command: command.split('\n', 1)[0]!.split(' ', 2).join(' '), atPosition: this.position }) - 1;
    void this.log.head().then((atPosition) => (entry[index] = { ...entry[index]!, atPosition }));
  }
}
