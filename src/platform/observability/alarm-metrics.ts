import { Counter, type Registry } from 'prom-client';
import type { AlarmCounter } from './alarms.port.js';

/** How often each alarm was raised, as a metric. */
export const observeAlarms = (metrics: Registry, alarms: AlarmCounter): void => {
  new Counter({
    name: 'trunkline_alarms_total',
    help: 'Alarms raised since the start of the process, by code',
    labelNames: ['code'],
    registers: [metrics],
    collect() {
      this.reset();
      for (const [code, count] of alarms.counts) this.inc({ code }, count);
    },
  });
};
