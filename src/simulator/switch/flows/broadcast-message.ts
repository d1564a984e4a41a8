import type { PrivateMessage } from '../channel.js';
import type { SwitchCore } from '../core.js';

/** The message by which uuid_broadcast has something played: under event-lock, so that others wait. `app::arg` runs another application. */
export const broadcastMessage = (core: SwitchCore, path: string, loops?: number): PrivateMessage => {
  const named = /^(\w+)::(.*)$/.exec(path);
  const [app, arg] = named ? [named[1]!, named[2]!] : ['playback', path];
  const own = core.commonHeaders('COMMAND', ['switch_ivr_async.c', 'switch_ivr_broadcast', '5731'], core.nextSequence());
  const headers = [...own, ['call-command', 'execute'], ['execute-app-name', app], ['execute-app-arg', arg], ['event-lock', 'true'], ['lead-frames', '5'], ...(loops === undefined ? [] : [['loops', String(loops)] as const])] as const;
  return { headers, command: 'execute', app, arg, uuid: core.random.uuid(), loops: 1, lock: true, cause: '' };
};
