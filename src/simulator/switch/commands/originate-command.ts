import { parseDialString, splitDialString } from '../dial-string.js';
import type { PlannedApp } from '../channel.js';
import type { SwitchCore } from '../core.js';

const USAGE = '-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n';

/** `&park()` or an extension: what the leg does once it is answered. */
const planOf = (core: SwitchCore, target: string, uuid: string): readonly PlannedApp[] => {
  const app = /^&(\w+)(?:\((.*)\))?$/.exec(target);
  if (app) return [{ app: app[1]!, data: app[2] ?? '' }];
  return core.dialplan.route({ destination: target, channelId: uuid, authenticated: false }) ?? [{ app: 'hangup', data: 'NO_ROUTE_DESTINATION' }];
};

/** `originate {vars}address &app(args)`: answers when the leg is up or has failed. */
export const originateCommand = (core: SwitchCore, args: string, reply: (text: string) => void): void => {
  const [dialString, rest] = splitDialString(args);
  const [target = '', _dialplan, _context, cidName, cidNumber, timeoutText] = rest.split(' ');
  if (dialString === '' || target === '') {
    reply(USAGE);
    return;
  }
  const { address, variables } = parseDialString(dialString);
  const seconds = Number(variables.get('originate_timeout') ?? variables.get('leg_timeout') ?? variables.get('call_timeout') ?? timeoutText ?? 60);
  const uuid = variables.get('origination_uuid') ?? core.random.uuid();
  core.deeds.originate(
    {
      uuid,
      variables,
      dialled: core.endpoints.dial(address, variables),
      callerName: variables.get('origination_caller_id_name') ?? cidName ?? '',
      callerNumber: variables.get('origination_caller_id_number') ?? cidNumber ?? '0000000000',
      timeoutMs: (Number.isFinite(seconds) && seconds > 0 ? seconds : 60) * 1000,
      plan: planOf(core, target, uuid),
    },
    (outcome) => reply(outcome.ok ? `+OK ${outcome.channel.uuid}\n` : `-ERR ${outcome.cause}\n`),
  );
};
