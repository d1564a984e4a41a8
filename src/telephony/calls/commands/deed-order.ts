import type { SwitchAction } from '../domain/switch-action.js';

type WithoutAddress<Action> = Action extends SwitchAction ? Omit<Action, 'actionId' | 'channelId'> : never;

/** A deed as it is ordered: which leg it is for, and the name it gets, are found when it is carried out. */
export type DeedOrder = WithoutAddress<Exclude<SwitchAction, { deed: 'originate' }>>;

/** A deed that the switch has not begun this long after the order is not done any more, ms. */
export const BEGIN_WITHIN_MS = 10_000;
