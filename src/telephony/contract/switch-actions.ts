export type { Deed, Guarantee, SwitchAction } from '../calls/domain/switch-action.js';
export { guaranteeOf, joinAction, splitAction } from '../calls/domain/switch-action.js';
