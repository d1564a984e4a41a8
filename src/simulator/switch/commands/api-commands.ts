import type { ApiCommand } from './api-command.js';
import { CHANNEL_COMMANDS } from './channel-commands.js';
import { originateCommand } from './originate-command.js';
import { SYSTEM_COMMANDS } from './system-commands.js';

/** Everything that `api` and `bgapi` know. */
export const API_COMMANDS: Readonly<Record<string, ApiCommand>> = { ...SYSTEM_COMMANDS, ...CHANNEL_COMMANDS, originate: originateCommand };
