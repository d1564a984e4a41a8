import type { NumberDestination } from '../contract/configuration-events.js';

export interface KnownNumber {
  readonly tenantId: string;
  readonly numberId: string;
  readonly destination: NumberDestination;
}

/** Which tenant a dialled number belongs to and where its calls go. */
export interface NumberDirectory {
  /** `dialed` as the switch sends it: E.164 with or without `+`, or a short internal number. */
  resolve(dialed: string): KnownNumber | undefined;
  byId(numberId: string): KnownNumber | undefined;
}
