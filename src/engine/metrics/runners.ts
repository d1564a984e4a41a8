import type { EffectRunner } from '../../platform/effects/effect-runner.js';
import type { TimerRunner } from '../../platform/effects/timer-runner.js';
import type { ProcessRunner } from '../../platform/subscriptions/process-runner.js';

/** What a role runs now: under leases, so that it comes and goes. */
export interface Runners {
  readonly processes: readonly { readonly name: string; readonly runner: ProcessRunner }[];
  readonly timers: readonly { readonly name: string; readonly runner: TimerRunner }[];
  readonly effects: Pick<EffectRunner<unknown>, 'figures'>;
}
