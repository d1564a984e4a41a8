import type { Clock, Timer } from '../../../kernel/clock.js';
import type { Alarms } from '../../observability/alarms.port.js';
import type { LiveFanout } from '../live-fanout.port.js';
import { changeTopic, ERASURES, type LiveBoard } from './live-board.port.js';

/** The whole board; what came before is void. */
export interface BoardSnapshot {
  readonly id: string;
  readonly rows: readonly object[];
  /** False: there are more rows, and they are not told. */
  readonly complete: boolean;
}

/** What is different since the change before. */
export interface BoardChange {
  readonly id: string;
  readonly changed: readonly object[];
  /** Keys of rows that are gone. */
  readonly removed: readonly string[];
}

/** Must not throw. */
export interface BoardWatcher {
  onSnapshot(snapshot: BoardSnapshot): void;
  onChange(change: BoardChange): void;
}

export interface BoardFeedParts {
  readonly fanout: LiveFanout;
  readonly clock: Clock;
  readonly alarms: Alarms;
}

/** The shortest time between two looks at the read model, ms: what changes faster is told together. */
const PAUSE_MS = 100;
const PAUSE_AFTER_FAILURE_MS = 1_000;
/** A message that says what changed may be lost on its way: after this time it is looked anyway, ms. */
const LOOK_ANYWAY_MS = 5_000;
const MAX_ROWS = 10_000;
const KEPT_CHANGES = 1_000;

interface Shown {
  readonly row: object;
  readonly text: string;
}

/**
 * One board of one tenant, for all who watch it here: when its read models have changed it is read
 * again, and what is different is told. A watcher who comes back is told what it missed, if that is kept.
 */
export class BoardFeed {
  private readonly watchers = new Set<BoardWatcher>();
  private readonly waiting = new Map<BoardWatcher, string | undefined>();
  private readonly changes: BoardChange[] = [];
  private shown: Map<string, Shown> | undefined;
  private complete = true;
  private sequence = 0;
  private dirty = false;
  private reading = false;
  private failing = false;
  private pause: Timer | undefined;
  private lookAnyway: Timer | undefined;
  private endSubscriptions: (() => void)[] = [];

  constructor(
    private readonly board: LiveBoard,
    private readonly tenantId: string,
    /** Unique per feed: an id of another one means nothing here. */
    private readonly epoch: string,
    private readonly parts: BoardFeedParts,
  ) {}

  get isWatched(): boolean {
    return this.watchers.size + this.waiting.size > 0;
  }

  /** `lastId`: the id of the last message that the watcher has had. Returns what ends it. */
  watch(watcher: BoardWatcher, lastId: string | undefined): () => void {
    this.waiting.set(watcher, lastId);
    if (this.endSubscriptions.length === 0) {
      this.endSubscriptions = [
        ...this.board.models.map((model) => this.parts.fanout.subscribe(changeTopic(model, this.tenantId), () => this.touch())),
        this.parts.fanout.subscribe(changeTopic(ERASURES, this.tenantId), () => this.forget()),
      ];
    }
    this.touch();
    return () => {
      this.watchers.delete(watcher);
      this.waiting.delete(watcher);
      if (!this.isWatched) this.stop();
    };
  }

  private stop(): void {
    for (const end of this.endSubscriptions) end();
    this.endSubscriptions = [];
    this.pause?.cancel();
    this.pause = undefined;
    this.lookAnyway?.cancel();
    this.lookAnyway = undefined;
  }

  /** Who comes back is told the board as it is then: what was shown may be of somebody who was erased. */
  private forget(): void {
    this.changes.length = 0;
    this.touch();
  }

  private touch(): void {
    this.dirty = true;
    if (!this.reading && this.pause === undefined) void this.look();
  }

  private async look(): Promise<void> {
    this.reading = true;
    this.dirty = false;
    this.lookAnyway?.cancel();
    this.lookAnyway = undefined;
    await this.readAndTell();
    this.reading = false;
    if (!this.isWatched) return;
    this.pause = this.parts.clock.after(this.failing ? PAUSE_AFTER_FAILURE_MS : PAUSE_MS, () => {
      this.pause = undefined;
      if (this.dirty) void this.look();
      else this.lookAnyway = this.parts.clock.after(LOOK_ANYWAY_MS, () => this.touch());
    });
  }

  private async readAndTell(): Promise<void> {
    try {
      const { rows, complete } = await this.board.rows(this.tenantId, MAX_ROWS);
      this.complete = complete;
      this.failing = false;
      this.compare(rows);
      this.admit();
    } catch (error) {
      if (!this.failing) this.parts.alarms.raise({ code: 'live-board-not-read', message: `the board of ${this.board.name} cannot be read; those who watch it see it as it was`, error });
      this.failing = true;
      this.dirty = true;
    }
  }

  private compare(rows: readonly object[]): void {
    const next = new Map(rows.map((row) => [String((row as Readonly<Record<string, unknown>>)[this.board.keyField]), { row, text: JSON.stringify(row) }]));
    const before = this.shown;
    this.shown = next;
    if (before === undefined) return;
    const changed = [...next].filter(([key, { text }]) => before.get(key)?.text !== text).map(([, { row }]) => row);
    const removed = [...before.keys()].filter((key) => !next.has(key));
    if (changed.length === 0 && removed.length === 0) return;
    this.sequence += 1;
    const change = { id: this.idOf(this.sequence), changed, removed };
    this.changes.push(change);
    if (this.changes.length > KEPT_CHANGES) this.changes.shift();
    for (const watcher of this.watchers) watcher.onChange(change);
  }

  /** Those who came since the last look. */
  private admit(): void {
    const admitted = [...this.waiting];
    this.waiting.clear();
    for (const [watcher, lastId] of admitted) {
      this.watchers.add(watcher);
      const missed = this.since(lastId);
      if (missed === undefined) watcher.onSnapshot({ id: this.idOf(this.sequence), rows: [...(this.shown?.values() ?? [])].map(({ row }) => row), complete: this.complete });
      else for (const change of missed) watcher.onChange(change);
    }
  }

  /** The changes after an id; undefined where they are not all kept. */
  private since(lastId: string | undefined): readonly BoardChange[] | undefined {
    if (lastId === this.idOf(this.sequence)) return [];
    const index = this.changes.findIndex(({ id }) => id === lastId);
    if (index >= 0) return this.changes.slice(index + 1);
    const [first] = this.changes;
    return first !== undefined && first.id === this.idOf(1) && lastId === this.idOf(0) ? this.changes : undefined;
  }

  private idOf(sequence: number): string {
    return `${this.epoch}.${sequence}`;
  }
}
