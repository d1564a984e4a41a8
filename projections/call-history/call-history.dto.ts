import { IntersectionType } from '@nestjs/swagger';
import { answerDtoOf, answered, nullable } from '../../src/platform/http/dto/answers.js';
import { AfterQuery, PageQuery, pageDtoOf } from '../../src/platform/http/dto/common.dto.js';
import { BooleanField, ChoiceField, IdField, IntegerField, PatternField, TimeField } from '../../src/platform/http/dto/fields.js';
import { DISPOSITIONS, type Disposition } from './disposition.js';

const DIRECTIONS = ['inbound', 'outbound', 'internal'] as const;
const CONFIDENCES = ['seen', 'witnessed', 'inferred'] as const;

/** Which calls. */
export class CallFilterQuery extends AfterQuery {
  @TimeField({ description: 'Calls from this time on', example: '2026-03-01T00:00:00Z', optional: true })
  from?: string;

  @TimeField({ description: 'Calls before this time', example: '2026-04-01T00:00:00Z', optional: true })
  to?: string;

  @ChoiceField({ description: 'The instant that `from`, `to` and the order go by; by `ended` only calls that have ended are found', optional: true, default: 'started', choices: ['started', 'ended'] })
  by: 'started' | 'ended' = 'started';

  @IdField({ description: 'Calls that were in this queue', optional: true })
  queueId?: string;

  @IdField({ description: 'Calls that this agent had', optional: true })
  agentId?: string;

  @ChoiceField({ description: 'What became of the call', optional: true, choices: DISPOSITIONS })
  disposition?: Disposition;

  @ChoiceField({ description: 'Direction', optional: true, choices: DIRECTIONS })
  direction?: (typeof DIRECTIONS)[number];

  @IdField({ description: 'Calls to this number of ours', optional: true })
  numberId?: string;

  @PatternField({ description: 'Calls from or to exactly this number', example: '+4930123456', optional: true, pattern: /^[+ ]?[0-9A-Za-z*#._-]{1,64}$/, shape: 'a number as it stands in the CDR, such as %2B4930123456 (the plus encoded)' })
  number?: string;

  @IdField({ description: 'Calls with this person, by the opaque id in the CDR', optional: true })
  personId?: string;

  @IdField({ description: 'Calls that belong together', optional: true })
  interactionId?: string;

  @IntegerField({ description: 'Calls that lasted this long at least, ms', optional: true, min: 0, max: 2_000_000_000, inQuery: true })
  minDurationMs?: number;

  @BooleanField({ description: 'Calls that were, or were not, transferred', optional: true, inQuery: true })
  transferred?: boolean;

  @BooleanField({ description: 'Calls that were, or were never, on hold', optional: true, inQuery: true })
  held?: boolean;

  @ChoiceField({ description: 'How sure the ends of the legs are', optional: true, choices: CONFIDENCES })
  confidence?: (typeof CONFIDENCES)[number];

  @IdField({ description: 'Calls that could not be heard in this gap of a media node', optional: true })
  gapId?: string;

  @BooleanField({ description: 'true: calls that have ended; false: those that go on', optional: true, inQuery: true })
  ended?: boolean;
}

export class CallExportQuery extends CallFilterQuery {
  @ChoiceField({ description: 'CSV with a header (RFC 4180), or a JSON object a line', optional: true, default: 'csv', choices: ['csv', 'ndjson'] })
  format: 'csv' | 'ndjson' = 'csv';
}

export class CallListQuery extends IntersectionType(PageQuery, CallFilterQuery) {}

const TransferDto = answerDtoOf('TransferDto', { legId: answered.id(), how: answered.choice(['blind', 'attended']), destination: nullable(answered.text('+4930123456')), at: answered.time() });
const CallRecordingDto = answerDtoOf('CallRecordingDto', { recordingId: answered.id(), legId: answered.id(), startedAt: answered.time(), stoppedAt: nullable(answered.time()) });
const DifferenceDto = answerDtoOf('DifferenceDto', {
  legId: answered.id(), field: answered.text('cause'), recorded: nullable(answered.text('NORMAL_CLEARING', 'What we saw')), witnessed: nullable(answered.text('USER_BUSY', 'What the CDR of the switch says')),
});

const GapDto = answerDtoOf('GapDto', { gapId: answered.id('As it is listed with the gaps of the node'), nodeId: answered.text('fs1'), from: answered.time(), to: answered.time() });

const UnheardDto = answerDtoOf('UnheardDto', {
  what: answered.choice(['bridge', 'unbridge', 'hold', 'resume']), legId: answered.id(), at: answered.time(), confidence: answered.choice(['witnessed', 'inferred']), evidence: answered.choice(['hang-up', 'switch-cdr', 'channel', 'channel-list'], 'Where it was found'),
  earliest: nullable(answered.time('For an inferred time: it lies between these')), latest: nullable(answered.time()),
});

const record = {
  callId: answered.id(),
  interactionId: answered.id('Calls that belong together share it'),
  direction: answered.choice(DIRECTIONS),
  nodeId: answered.text('fs1', 'Media node'),
  numberId: nullable(answered.id('The number of ours that was called')),
  personId: answered.text('5d41402abc4b2a76b9719d911017c592', 'Opaque id of the person outside'),
  fromNumber: answered.text('+4915112345678'),
  fromName: answered.text('Erika Mustermann'),
  toNumber: answered.text('+4930123456'),
  startedAt: answered.time(),
  answeredAt: nullable(answered.time('First answer of a leg that is not an agent being offered the call')),
  endedAt: nullable(answered.time('Null while the call goes on; so are the duration, the disposition and the cause')),
  durationMs: nullable(answered.ms('From the start to the end')),
  queueId: nullable(answered.id('First queue')),
  agentId: nullable(answered.id('Last agent')),
  disposition: nullable(answered.choice(DISPOSITIONS)),
  cause: nullable(answered.text('NORMAL_CLEARING')),
  endedBy: nullable(answered.choice(['caller', 'callee', 'agent', 'switch', 'unknown'])),
  confidence: answered.choice(CONFIDENCES, 'That of what is known worst of it: an end of a leg, or what nobody heard as it happened'),
  waitMs: answered.ms('All stays in queues'),
  ringMs: answered.ms('All ringing of agents’ phones and of the legs dialled for the call'),
  talkMs: answered.ms('All contacts with agents, without hold'),
  holdMs: answered.ms(),
  wrapUpMs: answered.ms('Wrap-ups that have ended'),
  bridgedMs: answered.ms('Time in which any two legs heard each other'),
  offers: answered.count(),
  contacts: answered.count(),
  holds: answered.count(),
  transfers: answered.many(TransferDto),
  recordings: answered.many(CallRecordingDto),
  differences: answered.many(DifferenceDto, 'Where the CDR of the switch says something else'),
  gaps: answered.many(GapDto, 'When the media node could not be heard: what happened then may be missing, or dated by when it was found'),
  unheard: answered.many(UnheardDto, 'Bridges and holds that nobody heard as they began or ended: told or found later'),
};

export const CallRecordDto = answerDtoOf('CallRecordDto', record);
export const CallRecordPageDto = pageDtoOf(CallRecordDto);

const BridgeDto = answerDtoOf('BridgeDto', { with: answered.id('The other leg'), from: answered.time(), to: nullable(answered.time()) });

const LegDto = answerDtoOf('LegDto', {
  legId: answered.id(), role: answered.choice(['caller', 'callee', 'agent', 'other']), direction: answered.choice(['inbound', 'outbound']), origin: answered.choice(['trunk', 'device']), nodeId: answered.text('fs1'),
  agentId: nullable(answered.id()), offerId: nullable(answered.id()), number: nullable(answered.text('+4915112345678')), name: nullable(answered.text('Erika Mustermann')), createdAt: answered.time(),
  ringingAt: nullable(answered.time()), earlyMediaAt: nullable(answered.time()), answeredAt: nullable(answered.time()), endedAt: nullable(answered.time()), durationMs: nullable(answered.ms()), ringMs: nullable(answered.ms()),
  answeredMs: nullable(answered.ms('From the answer to the end')), holdMs: answered.ms(), holds: answered.count(), cause: nullable(answered.text('NORMAL_CLEARING')), q850: nullable(answered.count('Q.850 cause')),
  sipStatus: nullable(answered.count('SIP status that ended it')), hungUpBy: nullable(answered.choice(['far-end', 'switch', 'unknown'])), confidence: nullable(answered.choice(CONFIDENCES)),
  earliestEndAt: nullable(answered.time('An inferred end lies between this')), latestEndAt: nullable(answered.time('and this')), evidence: nullable(answered.text('switch-cdr')),
  movedTo: nullable(answered.id('Call that the leg went on in')), adoptedFrom: nullable(answered.id('Call that it came from')), adoptedAt: nullable(answered.time()), bridges: answered.many(BridgeDto),
});

const OfferDto = answerDtoOf('OfferDto', {
  offerId: answered.id(), agentId: answered.id(), madeAt: answered.time(), ringingAt: nullable(answered.time()), endedAt: nullable(answered.time()), outcome: nullable(answered.text('accepted', 'accepted, declined, or why it failed')),
});

const SegmentDto = answerDtoOf('SegmentDto', {
  segmentId: answered.id(), kind: answered.choice(['queue', 'agent-contact']), queueId: nullable(answered.id()), agentId: nullable(answered.id()), legId: nullable(answered.id()), startedAt: answered.time(), endedAt: nullable(answered.time()),
  waitingSince: nullable(answered.time('Waits before this queue count in')), priority: nullable(answered.count()), reason: nullable(answered.text('answered')), confidence: answered.choice(CONFIDENCES), waitMs: nullable(answered.ms()),
  ringMs: nullable(answered.ms()), talkMs: nullable(answered.ms()), holdMs: nullable(answered.ms()), wrapUpMs: nullable(answered.ms()), wrapUpEndedAt: nullable(answered.time()), offers: answered.many(OfferDto),
  previousSegmentId: nullable(answered.id()), overflowQueueId: nullable(answered.id()),
});

export const CallDetailDto = answerDtoOf('CallDetailDto', { ...record, legs: answered.many(LegDto), segments: answered.many(SegmentDto) });

export const CallTotalsDto = answerDtoOf('CallTotalsDto', {
  calls: answered.count(), open: answered.count('Calls that go on'), dispositions: answered.countsByName('Calls by disposition'), transferred: answered.count('Calls with a transfer'), held: answered.count('Calls with a hold'),
  inferred: answered.count('Calls of which something is only inferred'), durationMs: answered.ms(), waitMs: answered.ms(), ringMs: answered.ms(), talkMs: answered.ms(), holdMs: answered.ms(), wrapUpMs: answered.ms(),
});
