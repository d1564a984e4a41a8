import { EslCommandRefused } from './esl-client.port.js';
import { printable } from './esl-frames.js';

/**
 * A command or an argument as one line. ESL ends a command at an empty line, so a line break in an
 * argument is a second command; an empty command gets no answer, and every later answer would go to
 * the wrong one.
 *
 * @throws EslCommandRefused saying what is wrong.
 */
export function oneLine(what: string, value: string): string {
  const at = value.search(/[\r\n\0]/);
  if (at !== -1) throw new EslCommandRefused(`the ${what} has a line break or NUL at position ${at}: it must be one line`);
  if (value.trim() === '') throw new EslCommandRefused(`the ${what} is empty`);
  return value;
}

/** A word that stands between spaces in a command. */
export function oneWord(what: string, value: string): string {
  if (/\s/.test(oneLine(what, value))) throw new EslCommandRefused(`the ${what} ${printable(value)} has a space: it must be one word`);
  return value;
}

/** `event json <names> [CUSTOM <subclasses>]`. */
export function subscribeCommand(names: readonly string[], customSubclasses: readonly string[] = []): string {
  const plain = names.filter((name) => name !== 'CUSTOM').map((name) => oneWord('event name', name));
  const custom = customSubclasses.map((subclass) => oneWord('event subclass', subclass));
  const all = names.includes('CUSTOM') || custom.length > 0 ? [...plain, 'CUSTOM', ...custom] : plain;
  if (all.length === 0) throw new EslCommandRefused('no event is named: there is nothing to subscribe to');
  return `event json ${all.join(' ')}`;
}

/** `bgapi` with the id under which its BACKGROUND_JOB comes. */
export function bgapiCommand(command: string, jobId: string): string {
  return `bgapi ${oneLine('command', command)}\nJob-UUID: ${oneWord('job id', jobId)}`;
}

/** `sendmsg` that executes an application; on an outbound socket the channel is implied. */
export function executeCommand(
  channelId: string | undefined,
  app: string,
  arg: string,
  options: { readonly eventUuid?: string; readonly lock?: boolean } = {},
): string {
  const lines = [
    channelId === undefined ? 'sendmsg' : `sendmsg ${oneWord('channel id', channelId)}`,
    'call-command: execute',
    `execute-app-name: ${oneWord('application', app)}`,
  ];
  if (arg !== '') lines.push(`execute-app-arg: ${oneLine('argument', arg)}`);
  if (options.lock === true) lines.push('event-lock: true');
  if (options.eventUuid !== undefined) lines.push(`Event-UUID: ${oneWord('event id', options.eventUuid)}`);
  return lines.join('\n');
}

/** A command that is answered by `command/reply`; `api` and `bgapi` have their own ways, `exit` is `close`. */
export function otherCommand(command: string): string {
  const verb = oneLine('command', command).trim().split(/\s/, 1)[0]?.toLowerCase() ?? '';
  const other = { api: 'api()', bgapi: 'bgapi()', exit: 'close()', auth: 'connectEsl()', userauth: 'connectEsl()', connect: 'acceptOutboundSocket()' }[verb];
  if (other !== undefined) throw new EslCommandRefused(`"${verb}" is not sent as any other command: use ${other}`);
  return command;
}

/** What of a command may stand in a message: its verb and what it asks for, no argument (they hold phone numbers). */
export function commandName(command: string): string {
  const [verb = '', what = ''] = command.split(/\s/, 2);
  return verb === 'api' || verb === 'bgapi' ? `${verb} ${what}` : verb;
}
