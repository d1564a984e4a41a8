import { isCause } from '../causes.js';
import type { PrivateMessage } from '../channel.js';
import type { SwitchCore } from '../core.js';
import { headerOf, type EslCommand } from './command-reader.js';

/** A sendmsg as the channel's thread will find it. */
export const messageOf = (core: SwitchCore, command: EslCommand): PrivateMessage => {
  const call = headerOf(command, 'call-command') ?? '';
  const cause = headerOf(command, 'hangup-cause') ?? '';
  return {
    headers: [['Command', command.line], ...command.headers],
    command: call === 'execute' || call === 'hangup' ? call : 'other',
    app: headerOf(command, 'execute-app-name') ?? '',
    arg: headerOf(command, 'execute-app-arg') ?? command.body,
    uuid: headerOf(command, 'event-uuid') ?? core.random.uuid(),
    loops: Number(headerOf(command, 'loops') ?? 1) || 1,
    lock: headerOf(command, 'event-lock') === 'true',
    cause: isCause(cause) ? cause : 'NORMAL_CLEARING',
  };
};
