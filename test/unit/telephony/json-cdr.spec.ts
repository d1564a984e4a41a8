import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseJsonCdr, UnreadableCdr } from '../../../src/telephony/adapters/freeswitch/json-cdr.js';

const folder = fileURLToPath(new URL('../../golden/esl/json-cdr/', import.meta.url));
const files = readdirSync(folder).sort();

/** A recorded request: the uuid of its address, and its body. */
const post = (file: string): { readonly uuid: string | undefined; readonly body: string } => {
  const text = readFileSync(join(folder, file), 'utf8');
  const end = text.indexOf('\r\n\r\n');
  return { uuid: /^POST \S*\?uuid=(\S+) /.exec(text)?.[1], body: text.slice(end + 4) };
};
const spooled = (file: string): string => readFileSync(join(folder, file), 'utf8');

describe("the switch's own CDR", () => {
  it.each(files.filter((file) => file.endsWith('.http')))('%s as it was posted', (file) => {
    const { uuid, body } = post(file);
    const cdr = parseJsonCdr(body, uuid);
    expect(cdr.channelId).toBe(uuid);
    expect(cdr.bridge?.otherChannelId).toMatch(/^[0-9a-f-]{36}$/);
    expect(cdr.times.createdAt <= (cdr.times.answeredAt ?? '') && (cdr.times.answeredAt ?? '') <= cdr.times.endedAt).toBe(true);
    // Both the caller and the agent leg show the caller's number.
    expect(cdr).toMatchObject({ cause: 'NORMAL_CLEARING', q850: 16, callerNumber: '60011', callerName: 'Caller Uno', heldMs: 0 });
  });

  it('has the times, the bridge and who hung up of the leg', () => {
    const { uuid, body } = post('post-002.http');
    expect(parseJsonCdr(body, uuid)).toEqual({
      channelId: '0b41c1c1-d4a8-45b6-9111-1b38bb63ae05',
      switchSessionId: 'e466ffea-7890-4736-b320-fc84c53fa225',
      direction: 'inbound',
      callerNumber: '60011',
      callerName: 'Caller Uno',
      dialedNumber: '9300',
      cause: 'NORMAL_CLEARING',
      q850: 16,
      hungUpBy: 'far-end',
      times: {
        createdAt: '2026-11-22T21:28:22.471Z',
        earlyMediaAt: '2026-11-22T21:28:22.471Z',
        answeredAt: '2026-11-22T21:28:22.471Z',
        endedAt: '2026-11-22T21:28:23.991Z',
      },
      heldMs: 0,
      bridge: { otherChannelId: '6467cdeb-5f84-4e49-adca-2c16fe2caa50', at: '2026-11-22T21:28:22.651Z' },
    });
  });

  it('a post that came twice, the second after a 503, reads the same', () => {
    expect(post('post-007.http').body).toBe(post('post-009.http').body);
    expect(parseJsonCdr(post('post-008.http').body)).toEqual(parseJsonCdr(post('post-010.http').body));
  });

  it('a spooled file reads as a post does, with or without a_ before its name', () => {
    const cdrs = files
      .filter((file) => file.startsWith('spool-'))
      .map((file) => parseJsonCdr(spooled(file), /^spool-(.*)\.cdr\.json$/.exec(file)?.[1]));
    expect(cdrs.map((cdr) => [cdr.cause, cdr.hungUpBy, cdr.sipStatus, cdr.times.answeredAt === undefined])).toEqual([
      ['NORMAL_CLEARING', 'far-end', undefined, false],
      ['ORIGINATOR_CANCEL', 'far-end', 487, true],
      ['NORMAL_CLEARING', 'switch', undefined, false],
    ]);
  });

  it('encoded values are decoded, those of the profile are not encoded', () => {
    const made = (variables: Record<string, string>, name: string): string =>
      JSON.stringify({
        'core-uuid': 'core-1',
        variables: { uuid: 'leg-1', direction: 'outbound', hangup_cause: 'USER_BUSY', start_uepoch: '1795382902571707', end_uepoch: '1795382903991729', ...variables },
        callflow: [{ caller_profile: { caller_id_name: 'later' } }, { caller_profile: { caller_id_name: name, destination_number: '1001' } }],
      });
    const cdr = parseJsonCdr(made({ trunkline_call_id: 'call%2D1', trunkline_tenant_id: 'tenant-1', proto_specific_hangup_cause: 'sip%3A486', hold_accum_usec: '3004561' }, '100%25'));
    expect(cdr).toMatchObject({ callId: 'call-1', tenantId: 'tenant-1', sipStatus: 486, heldMs: 3004, callerName: '100%25', dialedNumber: '1001', hungUpBy: 'unknown' });
  });

  it.each<[string, string, string | undefined, RegExp]>([
    ['no JSON', 'hello', undefined, /no JSON/],
    ['a list', '[]', undefined, /JSON object/],
    ['no variables', '{}', undefined, /"variables"/],
    ['no uuid', '{"variables":{}}', undefined, /"uuid"/],
    ['another leg than its address says', post('post-001.http').body, 'a_someone-else', /same leg/],
    ['no core-uuid', '{"variables":{"uuid":"leg"}}', undefined, /core-uuid/],
    ['no direction', '{"core-uuid":"c","variables":{"uuid":"leg"}}', undefined, /direction/],
    ['no cause', '{"core-uuid":"c","variables":{"uuid":"leg","direction":"inbound"}}', undefined, /hangup_cause/],
    ['no callflow', '{"core-uuid":"c","variables":{"uuid":"leg","direction":"inbound","hangup_cause":"X"}}', undefined, /callflow/],
    ['no times', '{"core-uuid":"c","callflow":[{}],"variables":{"uuid":"leg","direction":"inbound","hangup_cause":"X"}}', undefined, /start_uepoch/],
  ])('%s is refused with what is wrong', (_what, body, uuid, message) => {
    expect(() => parseJsonCdr(body, uuid)).toThrow(UnreadableCdr);
    expect(() => parseJsonCdr(body, uuid)).toThrow(message);
  });
});
