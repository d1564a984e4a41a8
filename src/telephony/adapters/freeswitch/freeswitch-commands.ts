import { ERASED } from '../../../kernel/event.js';
import type { SwitchAction } from '../../contract/switch-actions.js';
import { channelIdOf } from './freeswitch-facts.js';

/** What the switch is told, and how its answer comes. */
export type SwitchCommand =
  /** A background job: its result comes under the action's id. */
  | { readonly by: 'job'; readonly command: string; readonly timeoutMs: number }
  /** An application on the channel: its completion comes under the action's id. */
  | { readonly by: 'execute'; readonly application: string; readonly argument: string; readonly timeoutMs: number };

export interface CommandOptions {
  /** Longest wait for the result of a job that takes no time of its own, ms. */
  readonly jobTimeoutMs: number;
  /** Dialplan context of transfers, e.g. `default`; the channel's own where it is absent. */
  readonly transferContext?: string;
}

/** The action has a value that cannot be put into a command; nothing was sent. The message never shows the value. */
export class UnspeakableAction extends Error {
  override readonly name = 'UnspeakableAction';
}

/** The task group in which the dialplan arms the fallback of a parked caller. */
export const fallbackGroupOf = (channelId: string): string => `trunkline-${channelId}`;

/** Longest time that a prompt may take before the digits, ms. */
const LONGEST_PROMPT_MS = 120_000;
const SILENCE = 'silence_stream://250';

/** The command of an action. Every value is checked: none can end its word, its quotes or its command. */
export const commandOf = (action: SwitchAction, options: CommandOptions): SwitchCommand => {
  const channel = word(action.channelId, 'channel id', channelIdOf);
  const job = (command: string, timeoutMs = options.jobTimeoutMs): SwitchCommand => ({ by: 'job', command, timeoutMs });
  switch (action.deed) {
    case 'answer':
      return job(`uuid_answer ${channel}`);
    case 'take-over':
      return job(`sched_del ${fallbackGroupOf(channel)}`);
    case 'originate':
      return job(originateCommand(action), options.jobTimeoutMs + action.timeoutMs);
    case 'bridge':
      return job(`uuid_bridge ${channel} ${word(action.otherChannelId, 'other channel id', channelIdOf)}`);
    case 'hang-up':
      return job(`uuid_kill ${channel} ${word(action.cause, 'cause', matching(/^[A-Z][A-Z0-9_]{0,63}$/))}`);
    case 'park':
      return job(`uuid_park ${channel}`);
    case 'hold':
      return job(`uuid_hold ${channel}`);
    case 'resume':
      return job(`uuid_hold off ${channel}`);
    case 'transfer': {
      const leg = { this: '', other: '-bleg ', both: '-both ' }[action.leg];
      const destination = word(action.destination, 'destination', matching(/^[A-Za-z0-9+*#._-]{1,64}$/));
      const context = options.transferContext === undefined ? '' : ` XML ${word(options.transferContext, 'transfer context', matching(/^[\w.-]{1,64}$/))}`;
      return job(`uuid_transfer ${channel} ${leg}${destination}${context}`);
    }
    case 'play':
      return job(`uuid_broadcast ${channel} ${action.loop ? looping(mediaOf(action.media)) : mediaOf(action.media)} aleg`);
    case 'stop-playing':
      return job(`uuid_break ${channel} all`);
    case 'send-digits':
      return job(`uuid_send_dtmf ${channel} ${word(action.digits, 'digits', matching(/^[0-9A-Da-d*#wW]{1,64}$/))}`);
    case 'collect-digits':
      return {
        by: 'execute',
        application: 'play_and_get_digits',
        argument: collectArgument(action),
        timeoutMs: options.jobTimeoutMs + LONGEST_PROMPT_MS + action.timeoutMs * (action.maxDigits + 1),
      };
    case 'start-recording':
      return job(`uuid_record ${channel} start ${pathOf(action.path)}`);
    case 'stop-recording':
      return job(`uuid_record ${channel} stop ${pathOf(action.path)}`);
  }
};

/** The leg gets the uuid and the call that we chose, rings without early media, and parks when it is answered. */
const originateCommand = (action: Extract<SwitchAction, { deed: 'originate' }>): string => {
  const variables = [
    `origination_uuid=${word(action.channelId, 'channel id', channelIdOf)}`,
    `trunkline_call_id=${word(action.callId, 'call id', channelIdOf)}`,
    `trunkline_tenant_id=${word(action.tenantId, 'tenant id', channelIdOf)}`,
    'ignore_early_media=true',
    `originate_timeout=${Math.max(1, Math.ceil(whole(action.timeoutMs, 'ring time', 1, 3_600_000) / 1000))}`,
    `origination_caller_id_number=${word(known(action.callerNumber) || 'anonymous', 'caller number', matching(/^[A-Za-z0-9+*#._-]{1,64}$/))}`,
    `origination_caller_id_name='${displayName(known(action.callerName))}'`,
  ];
  return `originate {${variables.join(',')}}${addressOf(action.address)} &park()`;
};

/** Of somebody who was erased nothing is known any more. */
const known = (value: string): string => (value === ERASED ? '' : value);

const collectArgument = (action: Extract<SwitchAction, { deed: 'collect-digits' }>): string => {
  const least = whole(action.minDigits, 'least number of digits', 0, 128);
  const most = whole(action.maxDigits, 'greatest number of digits', Math.max(1, least), 128);
  // No key makes one of the letters of `none`.
  const terminators = action.terminators === '' ? 'none' : word(action.terminators, 'terminators', matching(/^[0-9A-D*#]{1,16}$/));
  const prompt = action.prompt === '' ? SILENCE : mediaOf(action.prompt);
  return `${least} ${most} 1 ${whole(action.timeoutMs, 'time to wait for digits', 100, 600_000)} ${terminators} ${prompt} ${SILENCE} trunkline_digits [0-9A-D*#]+`;
};

/** A file is played again and again; a stream has no end of its own. */
const looping = (media: string): string => {
  if (media.startsWith('local_stream://')) return media;
  if (media.startsWith('tone_stream://')) return media.includes(';loops=') ? media : `${media};loops=-1`;
  return `endless_playback::${media}`;
};

const mediaOf = (media: string): string => {
  // `::` would name an application to run instead of media to play.
  if (media.includes('::')) throw new UnspeakableAction('the media has "::" in it: it must be a path or an address like local_stream://moh');
  return word(media, 'media', matching(/^[A-Za-z0-9_./:%(),;=+~?*#@-]{1,1024}$/));
};

const pathOf = (path: string): string => word(path, 'path of the recording', matching(/^[A-Za-z0-9_./:+~=@-]{1,1024}$/));

/** A dial string of one leg: no variables of its own, no second leg after a comma or a bar. */
const addressOf = (address: string): string => word(address, 'address', matching(/^[a-z][a-z0-9_]*\/[A-Za-z0-9_./:;=+*#%~@?&-]{1,512}$/));

/** A name from outside as it may stand between single quotes in an originate: what has a meaning there is replaced. */
export const displayName = (name: string): string =>
  name
    .replace(/['`]/g, '\u2019')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\\"{}[\]<>,|$^]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 80);

const matching =
  (pattern: RegExp) =>
  (value: string): string | undefined =>
    pattern.test(value) ? value : undefined;

const word = (value: string, what: string, check: (value: string) => string | undefined): string => {
  const checked = check(value);
  if (checked === undefined) throw new UnspeakableAction(`the ${what} (${value.length} characters) cannot be given to the switch: it is empty, too long, or has a character that is not allowed there`);
  return checked;
};

const whole = (value: number, what: string, least: number, most: number): number => {
  if (!Number.isInteger(value) || value < least || value > most) throw new UnspeakableAction(`the ${what} is ${value}: it must be a whole number from ${least} to ${most}`);
  return value;
};
