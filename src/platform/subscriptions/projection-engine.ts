import { sleep, type Clock } from '../../kernel/clock.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { LeaseLost, LeaseToken } from './leases.port.js';
import { prepareProjection, versionName, type PreparedProjection } from './projection-batch.js';
import { ProjectionRunner, type ProjectionRunnerParts, type ProjectionStatus } from './projection-runner.js';
import type { ProjectionStore } from './projection-store.js';
import type { ProjectionState } from './read-model-store.port.js';
import type { Projection } from './projection.js';
import { sleepUnless } from './retry.js';

/** Projections that share a consumer, a transaction per batch, and a lease. */
export interface ProjectionGroup {
  readonly name: string;
  readonly projections: readonly Projection[];
}

export interface ProjectionEngineOptions {
  readonly lease?: LeaseToken;
  readonly batchSize?: number;
  /** See Consumer.pauseMs. */
  readonly pauseMs?: number;
  readonly onLost?: (error: LeaseLost) => void;
  /** See ProjectionRunnerOptions. */
  readonly onCommitted?: (events: readonly RecordedEvent[], upTo: bigint) => void;
}

const POLL_MS = 20;

/** How soon it is noticed that another version is shown, or that the newer one is not kept any more, ms. */
const LOOK_EVERY_MS = 15_000;
/** Time until a version that could not take over tries again, ms. */
const RETRY_MS = 1_000;

/**
 * Runs a group's projections: those that queries see together, each new version beside them until it has
 * caught up and takes over. The version of an older program is kept while it runs, and is shown again
 * when nobody keeps the newer one.
 */
export class ProjectionEngine {
  private readonly runners: ProjectionRunner[] = [];
  private readonly consumers = new Map<string, string>();
  private readonly prepared: readonly PreparedProjection[];
  private readonly shown = new Set<string>();
  private readonly stopping = new AbortController();

  /** Throws TypeError where a declaration breaks the rules or two projections claim one table. */
  constructor(
    private readonly parts: ProjectionRunnerParts,
    private readonly group: ProjectionGroup,
    private readonly options: ProjectionEngineOptions = {},
  ) {
    this.prepared = group.projections.map(prepareProjection);
    const owners = new Map<string, string>();
    for (const { projection, tables } of this.prepared) {
      for (const { spec } of tables) {
        const owner = owners.get(spec.name);
        if (owner !== undefined && owner !== projection.name) throw new TypeError(`the projections ${owner} and ${projection.name} both claim the table ${spec.name}`);
        owners.set(spec.name, projection.name);
      }
    }
  }

  /** Creates what is missing in the database and begins to follow. */
  async start(): Promise<void> {
    const { store, log } = this.parts;
    const logId = await log.store.logId();
    const serving: PreparedProjection[] = [];
    const building: PreparedProjection[] = [];
    const states: ProjectionState[] = [];
    for (const prepared of this.prepared) {
      const state = await store.ensure(prepared, logId);
      states.push(state);
      (state.active ? serving : building).push(prepared);
    }
    await this.run(this.group.name, serving, states);
    for (const prepared of serving) {
      this.shown.add(prepared.projection.name);
      void this.keepShown(this.group.name, prepared);
    }
    for (const prepared of building) {
      const name = `${this.group.name}/${versionName(prepared.projection)}`;
      await this.run(name, [prepared], states);
      void this.keepShown(name, prepared);
    }
  }

  /** Whether queries see the version that runs here. */
  isShown(projection: string): boolean {
    return this.shown.has(projection);
  }

  status(): ProjectionStatus[] {
    return this.runners.flatMap((runner) => runner.status());
  }

  /** True once the projection's rows have all up to the position; false when `timeoutMs` passed before. */
  waitFor(projection: string, position: bigint, timeoutMs: number): Promise<boolean> {
    const consumer = this.consumers.get(projection);
    if (consumer === undefined) return Promise.reject(new Error(`no projection ${projection} runs here`));
    return this.parts.reader.waitFor(consumer, position, timeoutMs);
  }

  /** Resolves once all that run here have what is in the log now. */
  async caughtUp(): Promise<void> {
    await Promise.all([...new Set(this.consumers.values())].map((name) => this.parts.reader.caughtUp(name)));
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.runners.map((runner) => runner.stop()));
  }

  private async run(name: string, projections: readonly PreparedProjection[], states: readonly ProjectionState[]): Promise<void> {
    if (projections.length === 0) return;
    const runner = new ProjectionRunner(this.parts, projections, { ...this.options, name });
    this.runners.push(runner);
    for (const { projection } of projections) if (!this.consumers.has(projection.name)) this.consumers.set(projection.name, name);
    await runner.start(states);
  }

  /** Once the version has caught up, and with what came meanwhile, queries see it, for as long as no newer one is kept. */
  private async keepShown(consumer: string, prepared: PreparedProjection): Promise<void> {
    const { reader, store, clock, alarms } = this.parts;
    const { signal } = this.stopping;
    const { name, version } = prepared.projection;
    if (this.shown.has(name)) await sleepUnless(clock, LOOK_EVERY_MS, signal);
    while (!signal.aborted) {
      let nextLookMs = LOOK_EVERY_MS;
      try {
        const states = await store.statesOf([name]);
        // Another process may have shown it meanwhile.
        if (states.some((state) => state.version === version && state.active)) this.shown.add(name);
        else {
          this.shown.delete(name);
          await reader.caughtUp(consumer);
          await reader.caughtUp(consumer);
          if (!signal.aborted && (await store.activate(prepared))) this.shown.add(name);
        }
      } catch (error) {
        nextLookMs = RETRY_MS;
        if (!signal.aborted) alarms.raise({ code: 'projection-not-switched', message: `${versionName(prepared.projection)} could not take over; queries see another version, and it is tried again`, error });
      }
      await sleepUnless(clock, nextLookMs, signal);
    }
  }
}

/** For a process in which the projection does not run: asks the database until its checkpoint is there, or the time is over. */
export const waitForProjection = async (store: ProjectionStore, clock: Clock, name: string, position: bigint, timeoutMs: number): Promise<boolean> => {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    if (((await store.position(name)) ?? -1n) >= position) return true;
    if (clock.now() >= deadline) return false;
    await sleep(clock, Math.min(POLL_MS, deadline - clock.now()));
  }
};
