import type { AlarmCounter } from './alarms.port.js';
import { counter, type Measure } from './measures.js';

/** How often each alarm was raised. */
export const alarmMeasures = (alarms: AlarmCounter): Measure[] => [
  counter('trunkline_alarms_total', 'Alarms raised since the start of the process, by code', ['code'], () => [...alarms.counts].map(([code, count]) => [count, code])),
];
