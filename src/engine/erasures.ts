import type { Recorded, RecordedEvent } from '../kernel/event.js';
import type { PersonEvent } from '../identity/contract/person-events.js';
import { erasures, type ErasureWork } from '../identity/persons/processes/erasures.effect.js';
import { EffectRunner } from '../platform/effects/effect-runner.js';
import type { LiveFanout } from '../platform/http/live-fanout.port.js';
import { changeTopic, ERASURES, modelChanged } from '../platform/http/live/live-board.port.js';
import { LiveFoldRunner } from '../platform/subscriptions/live-fold-runner.js';
import type { Core } from './core.js';

/** Follows erasures in every process: the worker role carries them out, and each process lets go of what it keeps of the person. */
export class Erasures {
  readonly effects: EffectRunner<ErasureWork>;
  private readonly folds: LiveFoldRunner;

  /** `fanout`: where boards that are watched hear of it. */
  constructor(core: Core, carriesOut: boolean, fanout?: LiveFanout) {
    const { log, dispatcher, clock, alarms, keys, executor, holder } = core;
    this.effects = new EffectRunner(erasures(keys, carriesOut), { log, dispatcher, clock, alarms, holder });
    this.folds = new LiveFoldRunner(core, [this.effects], { name: 'erasures' });
    this.folds.onApplied((events: readonly RecordedEvent[], upTo) => {
      for (const { type, data, metadata } of events as readonly Recorded<PersonEvent>[]) {
        if (type !== 'PersonalDataErased') continue;
        for (const subject of data.subjects) keys.forget(metadata.tenantId, subject);
        executor.forget(data.subjects);
        fanout?.publish(changeTopic(ERASURES, metadata.tenantId), modelChanged(upTo));
      }
    });
  }

  async start(): Promise<void> {
    await this.folds.start();
    await this.folds.caughtUp();
    this.effects.start();
  }

  async stop(): Promise<void> {
    await this.effects.stop();
    await this.folds.stop();
  }
}
