import type { SwitchCore } from '../core.js';

/** One command of the switch's API; `reply` is called once, at once or later. */
export type ApiCommand = (core: SwitchCore, args: string, reply: (text: string) => void) => void;
