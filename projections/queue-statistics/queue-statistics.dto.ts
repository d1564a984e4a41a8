import type { ApiPropertyOptions } from '@nestjs/swagger';
import { answerDtoOf, answered, nullable } from '../../src/platform/http/dto/answers.js';
import { AfterQuery } from '../../src/platform/http/dto/common.dto.js';
import { BooleanField, ChoiceField, IdField, IntegerField, TextField, TimeField } from '../../src/platform/http/dto/fields.js';
import { FigureDto } from '../shared/figures.dto.js';
import { FORMULAS, type QueueCounts } from './formulas.js';
import type { Grouping } from './queue-statistics.queries.js';

export class QueueStatisticsQuery extends AfterQuery {
  @TimeField({ description: 'Queue entries from this time on', example: '2026-03-01T00:00:00Z' })
  from!: string;

  @TimeField({ description: 'Queue entries before this time', example: '2026-03-02T00:00:00Z' })
  to!: string;

  @IdField({ description: 'Only this queue', optional: true })
  queueId?: string;

  @ChoiceField({ description: '`interval`: 15 minutes of UTC; hours and days begin as the time zone says', optional: true, default: 'whole', choices: ['interval', 'hour', 'day', 'whole'] })
  groupBy: Grouping = 'whole';

  @TextField({ description: 'IANA name', example: 'Europe/Berlin', optional: true, default: 'UTC', max: 64 })
  timeZone = 'UTC';

  @BooleanField({ description: 'All queues in one row', optional: true, default: false, inQuery: true })
  together = false;

  @IntegerField({ description: 'Service-level threshold x, s; left out: that of the queue at the time of each entry', example: 20, optional: true, min: 1, max: 86_400, inQuery: true })
  serviceLevelSeconds?: number;

  @IntegerField({ description: 'Abandons within y seconds are short, s; left out: that of the queue at the time of each entry', example: 5, optional: true, min: 0, max: 86_400, inQuery: true })
  shortAbandonSeconds?: number;
}

const counts: Readonly<Record<keyof QueueCounts, ApiPropertyOptions>> = {
  offered: answered.count('O: entered the queue'), answered: answered.count('A'), abandoned: answered.count('B: the caller hung up'), shortAbandoned: answered.count('B<=y'), answeredWithin: answered.count('A<=x'), abandonedWithin: answered.count('B<=x'),
  overflowed: answered.count('Left for another queue'), timedOut: answered.count('The maximum wait ended it'), otherwise: answered.count('Ended otherwise'), waiting: answered.count('Still waiting'),
  waitMs: answered.ms('Of those who do not wait any more'), answeredWaitMs: answered.ms(), abandonedWaitMs: answered.ms(), maxWaitMs: answered.ms(), offers: answered.count(), noAnswers: answered.count(), failedOffers: answered.count(),
  ringMs: answered.ms(), contacts: answered.count(), endedContacts: answered.count(), completeContacts: answered.count('Contacts whose wrap-up has ended'), handleMs: answered.ms(), talkMs: answered.ms(), holdMs: answered.ms(), wrapUpMs: answered.ms(),
};

const CountsDto = answerDtoOf('QueueCountsDto', counts);
const ThresholdsDto = answerDtoOf('ThresholdsDto', { serviceLevelSeconds: answered.numbers(20), shortAbandonSeconds: answered.numbers(5) });
const FiguresDto = answerDtoOf('QueueFiguresDto', Object.fromEntries(Object.entries(FORMULAS).map(([id, meaning]) => [id, answered.one(FigureDto, meaning)])));
const StatisticsDto = answerDtoOf('QueueStatisticsDto', {
  queueId: nullable(answered.id('Null where all queues are counted together')), from: answered.time(), to: answered.time(), attributedTo: answered.choice(['queue-entry'], 'All figures count at the time of the queue entry'),
  thresholds: answered.one(ThresholdsDto), counts: answered.one(CountsDto), figures: answered.one(FiguresDto),
});

export const QueueStatisticsListDto = answerDtoOf('QueueStatisticsListDto', { items: answered.many(StatisticsDto) });

const FormulaDto = answerDtoOf('FormulaDto', { id: answered.text('SL-b'), meaning: answered.text(FORMULAS['SL-b']) });
export const FormulasDto = answerDtoOf('FormulasDto', { items: answered.many(FormulaDto) });
