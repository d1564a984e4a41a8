import { msOf } from '../../kernel/clock.js';
import type { Recorded } from '../../kernel/event.js';
import type { MediaNodeEvent } from '../../telephony/contract/configuration-events.js';
import { atWorkplace, type Environment } from '../shared/workplace.js';

type Opened = Extract<MediaNodeEvent, { type: 'MediaNodeGapOpened' }>['data'];
type Closed = Extract<MediaNodeEvent, { type: 'MediaNodeGapClosed' }>['data'];

const PAGE = 5_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Prints, from the log itself, when media nodes could not be heard, why, and what was found after: the oldest first. */
export const listGaps = (env: Environment, node: string | undefined): Promise<void> =>
  atWorkplace(env, async ({ log }) => {
    const opened: Opened[] = [];
    const closed = new Map<string, Closed>();
    for (let after = 0n; ; ) {
      const page = await log.store.readAll({ after, maxCount: PAGE, filter: { types: ['MediaNodeGapOpened', 'MediaNodeGapClosed'] } });
      for (const { type, data } of (await log.decode(page)) as Recorded<Extract<MediaNodeEvent, { type: 'MediaNodeGapOpened' | 'MediaNodeGapClosed' }>>[]) {
        if (node !== undefined && data.nodeId !== node) continue;
        if (type === 'MediaNodeGapOpened') opened.push(data);
        else closed.set(data.gapId, data as Closed);
      }
      if (page.length < PAGE) break;
      after = page.at(-1)!.position;
    }
    if (opened.length === 0) say('No media node was ever unheard.');
    for (const { nodeId, gapId, from, cause } of opened) {
      const end = closed.get(gapId);
      say(`${nodeId}  ${from} .. ${end === undefined ? 'still open' : `${end.to} (${(msOf(end.to) - msOf(from)) / 1_000} s)`}  ${cause}  ${gapId}`);
      if (end !== undefined) say(`    ${end.callsAffected ?? 'an unknown number of'} calls affected, ${end.endsInferred} ends inferred, ${end.callersAdmitted} callers admitted; ${end.legsConfirmed} legs confirmed among ${end.channelsSeen} channels`);
    }
  });
