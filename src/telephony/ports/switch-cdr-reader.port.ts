import type { SwitchCdr } from './switch-cdr.js';

export type ReadCdr = { readonly cdr: SwitchCdr } | { readonly unreadable: string };

/** Understands what a switch posts about a leg after its end. */
export interface SwitchCdrReader {
  /** `legOfAddress`: the leg that the address of the post names, where it does. What is `unreadable` says what is wrong with it and shows no value. */
  read(body: string, legOfAddress: string | undefined): ReadCdr;
}

export const SWITCH_CDR_READER = Symbol('SwitchCdrReader');
