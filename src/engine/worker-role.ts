import type { RecordedEvent } from '../kernel/event.js';
import type { LiveFanout } from '../platform/http/live-fanout.port.js';
import { changeTopic, modelChanged } from '../platform/http/live/live-board.port.js';
import { Leased } from '../platform/subscriptions/leased.js';
import { ProjectionEngine } from '../platform/subscriptions/projection-engine.js';
import type { ProjectionStatus } from '../platform/subscriptions/projection-runner.js';
import { type Projection, projectionLease } from '../platform/subscriptions/projection.js';
import type { ReadModelStore } from '../platform/subscriptions/read-model-store.port.js';
import type { Core } from './core.js';

/**
 * What is recorded within this time is written together, ms: a transaction for every few events would
 * cost more than all else that a call does. Who waits for a position is not kept waiting.
 */
const PAUSE_MS = 100;

/** Most events of a batch: what is done with one goes by in a few turns of the event loop, for which calls wait. */
const MOST_EVENTS = 500;

/**
 * Keeps the read models. Each has a consumer and a lease of its own, so that a slow one holds no other
 * up and several workers share them.
 */
export class WorkerRole {
  private readonly engines = new Map<string, ProjectionEngine>();
  private readonly leased: readonly Leased[];

  /** `fanout`: where it is told what changed, for those who watch. */
  constructor(core: Core, store: ReadModelStore, projections: readonly Projection[], fanout?: LiveFanout) {
    const { reader, log, parked, clock, alarms, leases, holder } = core;
    this.leased = projections.map((projection) =>
      new Leased(projectionLease(projection), { leases, clock, alarms, holder, askEveryMs: core.askEveryMs }, async (lease) => {
        const engine = new ProjectionEngine({ reader, log, store, parked, clock, alarms }, { name: `projections/${projection.name}`, projections: [projection] }, { lease, pauseMs: PAUSE_MS, batchSize: MOST_EVENTS, onCommitted: tell(fanout, projection.name) });
        await engine.start();
        this.engines.set(projection.name, engine);
        return {
          stop: async () => {
            this.engines.delete(projection.name);
            await engine.stop();
          },
        };
      }),
    );
  }

  /** Where the read models that run here stand. */
  status(): ProjectionStatus[] {
    return [...this.engines.values()].flatMap((engine) => engine.status());
  }

  /** Undefined where the model does not run in this process. */
  engineOf(model: string): ProjectionEngine | undefined {
    return this.engines.get(model);
  }

  async start(): Promise<void> {
    await Promise.all(this.leased.map((leased) => leased.start()));
  }

  /** Resolves once what runs here has everything that is in the log now. */
  async caughtUp(): Promise<void> {
    await Promise.all([...this.engines.values()].map((engine) => engine.caughtUp()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.leased.map((leased) => leased.stop()));
  }
}

const tell =
  (fanout: LiveFanout | undefined, model: string) =>
  (events: readonly RecordedEvent[], upTo: bigint): void => {
    if (fanout === undefined) return;
    for (const tenantId of new Set(events.map(({ metadata }) => metadata.tenantId))) fanout.publish(changeTopic(model, tenantId), modelChanged(upTo));
  };
