import type { Random } from '../../../kernel/clock.js';
import { HttpProblem } from '../problem.js';
import { BoardFeed, type BoardFeedParts, type BoardWatcher } from './board-feed.js';
import type { LiveBoard } from './live-board.port.js';

/** A feed that nobody watches is kept this long at least, so that who comes back at once need not begin anew, ms. */
const KEPT_MS = 30_000;

/** Most who watch in one process: each costs memory for as long as it stays. */
export const MAX_WATCHERS = 2_000;

interface Kept {
  readonly feed: BoardFeed;
  leftAt: number;
}

/** The boards that somebody watches here: one feed for each board and tenant, however many watch it. */
export class LiveBoards {
  private readonly feeds = new Map<string, Kept>();
  private readonly ends = new Set<() => void>();

  constructor(
    private readonly boards: readonly LiveBoard[],
    private readonly parts: BoardFeedParts & { readonly random: Random },
  ) {}

  /** `onEnd` is called when the process lets go of all who watch. Returns what ends the watching. Throws HttpProblem 503 where too many watch. */
  watch(name: LiveBoard['name'], tenantId: string, watcher: BoardWatcher, lastId: string | undefined, onEnd: () => void): () => void {
    if (this.ends.size >= MAX_WATCHERS) throw new HttpProblem(503, 'too-many-watchers', `${MAX_WATCHERS} watch in this process already; try again, or ask for the board now and then`);
    this.forgetUnwatched();
    const kept = this.keptOf(name, tenantId);
    const leave = kept.feed.watch(watcher, lastId);
    this.ends.add(onEnd);
    return () => {
      this.ends.delete(onEnd);
      leave();
      kept.leftAt = this.parts.clock.now();
      // What nobody watches is not kept for long: it shows people.
      this.parts.clock.after(KEPT_MS + 1, () => this.forgetUnwatched());
    };
  }

  /** How many watch. */
  get watchers(): number {
    return this.ends.size;
  }

  close(): void {
    for (const end of [...this.ends]) end();
  }

  private keptOf(name: LiveBoard['name'], tenantId: string): Kept {
    const key = `${name}/${tenantId}`;
    const known = this.feeds.get(key);
    if (known !== undefined) return known;
    const board = this.boards.find((candidate) => candidate.name === name);
    if (board === undefined) throw new Error(`there is no board ${name}`);
    const kept = { feed: new BoardFeed(board, tenantId, this.parts.random.uuid(), this.parts), leftAt: 0 };
    this.feeds.set(key, kept);
    return kept;
  }

  private forgetUnwatched(): void {
    const before = this.parts.clock.now() - KEPT_MS;
    for (const [key, { feed, leftAt }] of this.feeds) if (!feed.isWatched && leftAt < before) this.feeds.delete(key);
  }
}
