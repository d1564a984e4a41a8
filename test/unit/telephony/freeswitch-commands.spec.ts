import { commandOf, displayName, UnspeakableAction } from '../../../src/telephony/adapters/freeswitch/freeswitch-commands.js';
import type { SwitchAction } from '../../../src/telephony/contract/switch-actions.js';

const options = { jobTimeoutMs: 10_000, transferContext: 'trunkline' };
const on = { actionId: 'action-1', channelId: 'leg-1' };
const originate = (more: Partial<Extract<SwitchAction, { deed: 'originate' }>> = {}): SwitchAction => ({
  ...on,
  deed: 'originate',
  whom: 'agent',
  callId: 'call-1',
  tenantId: 'tenant-1',
  address: 'user/1001@example.net',
  callerNumber: '+34600111222',
  callerName: 'Ana María',
  timeoutMs: 20_500,
  ...more,
});
const collect = (more: Partial<Extract<SwitchAction, { deed: 'collect-digits' }>> = {}): SwitchAction => ({
  ...on,
  deed: 'collect-digits',
  prompt: 'ivr/enter-number.wav',
  minDigits: 1,
  maxDigits: 4,
  timeoutMs: 5_000,
  terminators: '#',
  sensitive: false,
  ...more,
});
const lineOf = (action: SwitchAction): string => {
  const command = commandOf(action, options);
  return command.by === 'job' ? command.command : `${command.application} ${command.argument}`;
};

describe('a deed as a command', () => {
  it.each<[SwitchAction, string]>([
    [{ ...on, deed: 'answer' }, 'uuid_answer leg-1'],
    [{ ...on, deed: 'take-over' }, 'sched_del trunkline-leg-1'],
    [{ ...on, deed: 'bridge', otherChannelId: 'leg-2' }, 'uuid_bridge leg-1 leg-2'],
    [{ ...on, deed: 'hang-up', cause: 'USER_BUSY' }, 'uuid_kill leg-1 USER_BUSY'],
    [{ ...on, deed: 'park' }, 'uuid_park leg-1'],
    [{ ...on, deed: 'hold' }, 'uuid_hold leg-1'],
    [{ ...on, deed: 'resume' }, 'uuid_hold off leg-1'],
    [{ ...on, deed: 'transfer', destination: '+15550100', leg: 'this' }, 'uuid_transfer leg-1 +15550100 XML trunkline'],
    [{ ...on, deed: 'transfer', destination: '9103', leg: 'other' }, 'uuid_transfer leg-1 -bleg 9103 XML trunkline'],
    [{ ...on, deed: 'transfer', destination: '9103', leg: 'both' }, 'uuid_transfer leg-1 -both 9103 XML trunkline'],
    [{ ...on, deed: 'play', media: 'local_stream://moh', loop: true }, 'uuid_broadcast leg-1 local_stream://moh aleg'],
    [{ ...on, deed: 'play', media: 'ivr/hello.wav', loop: false }, 'uuid_broadcast leg-1 ivr/hello.wav aleg'],
    [{ ...on, deed: 'play', media: 'ivr/hello.wav', loop: true }, 'uuid_broadcast leg-1 endless_playback::ivr/hello.wav aleg'],
    [{ ...on, deed: 'play', media: 'tone_stream://%(500,500,440)', loop: true }, 'uuid_broadcast leg-1 tone_stream://%(500,500,440);loops=-1 aleg'],
    [{ ...on, deed: 'stop-playing' }, 'uuid_break leg-1 all'],
    [{ ...on, deed: 'send-digits', digits: '12*#' }, 'uuid_send_dtmf leg-1 12*#'],
    [{ ...on, deed: 'start-recording', recordingId: 'r', path: '/var/rec/r.wav' }, 'uuid_record leg-1 start /var/rec/r.wav'],
    [{ ...on, deed: 'stop-recording', recordingId: 'r', path: '/var/rec/r.wav' }, 'uuid_record leg-1 stop /var/rec/r.wav'],
    [collect(), 'play_and_get_digits 1 4 1 5000 # ivr/enter-number.wav silence_stream://250 trunkline_digits [0-9A-D*#]+'],
    [collect({ prompt: '', terminators: '' }), 'play_and_get_digits 1 4 1 5000 none silence_stream://250 silence_stream://250 trunkline_digits [0-9A-D*#]+'],
    [
      originate(),
      "originate {origination_uuid=leg-1,trunkline_call_id=call-1,trunkline_tenant_id=tenant-1,ignore_early_media=true,originate_timeout=21,origination_caller_id_number=+34600111222,origination_caller_id_name='Ana María'}user/1001@example.net &park()",
    ],
    [originate({ address: 'sofia/internal/1001@10.0.0.7:5060;fs_path=sip:10.0.0.2' }), expect.stringContaining('}sofia/internal/1001@10.0.0.7:5060;fs_path=sip:10.0.0.2 &park()') as unknown as string],
  ])('%j', (action, expected) => {
    expect(lineOf(action)).toEqual(expected);
  });

  it('an originate may take as long as the leg may ring', () => {
    expect(commandOf(originate(), options).timeoutMs).toBe(30_500);
  });

  it.each<[string, SwitchAction]>([
    ['a second leg', originate({ address: 'user/1001,user/1002' })],
    ['an alternative leg', originate({ address: 'user/1001|user/1002' })],
    ['variables of its own', originate({ address: '[a=b]user/1001' })],
    ['another application', originate({ address: 'user/1001 &system(rm)' })],
    ['a variable that expands', originate({ address: 'user/${system(rm)}' })],
    ['no endpoint', originate({ address: '1001' })],
    ['a number with a comma', originate({ callerNumber: '1,api_on_answer=x' })],
    ['a number with a quote', originate({ callerNumber: "1'" })],
    ['a call id with a brace', originate({ callId: 'c}loopback/1' })],
    ['no time to ring', originate({ timeoutMs: 0 })],
    ['two words as a channel', { ...on, channelId: 'leg-1 leg-2', deed: 'answer' }],
    ['a line break', { ...on, channelId: 'leg-1\n\napi shutdown', deed: 'answer' }],
    ['a cause of two words', { ...on, deed: 'hang-up', cause: 'NORMAL CLEARING' }],
    ['a destination with an inline dialplan', { ...on, deed: 'transfer', destination: "'system:rm'", leg: 'this' }],
    ['an option as a destination', { ...on, deed: 'transfer', destination: '-both x', leg: 'this' }],
    ['media that is an application', { ...on, deed: 'play', media: 'system::rm', loop: false }],
    ['media that expands', { ...on, deed: 'play', media: '${system(rm)}', loop: false }],
    ['digits that are none', { ...on, deed: 'send-digits', digits: '12x' }],
    ['a path with a space', { ...on, deed: 'start-recording', recordingId: 'r', path: '/var/rec/a b.wav' }],
    ['no path', { ...on, deed: 'stop-recording', recordingId: 'r', path: '' }],
    ['fewer digits than the least', collect({ minDigits: 5, maxDigits: 4 })],
    ['a prompt of two words', collect({ prompt: 'a.wav b.wav' })],
  ])('%s is refused, and the message does not show it', (_what, action) => {
    let refusal: unknown;
    try {
      commandOf(action, options);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(UnspeakableAction);
    expect(String(refusal)).not.toMatch(/1001|rm\b|600111/);
  });

  it('a name from outside keeps its letters and loses what has a meaning to the switch', () => {
    expect(displayName("O'Brien, Seán")).toBe('O\u2019Brien Seán');
    expect(displayName("x'},api_on_answer='system rm")).not.toMatch(/[',{}]/);
    expect(displayName('a\nb\0c\\${d}|e')).toBe('a b c d e');
    expect(displayName('名'.repeat(200))).toHaveLength(80);
  });
});
