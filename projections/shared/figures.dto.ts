import { answerDtoOf, answered, notAlways, nullable } from '../../src/platform/http/dto/answers.js';

export const FigureDto = answerDtoOf('FigureDto', {
  formula: answered.text('SL-b', 'Id of the formula, as /v1/queue-statistics/formulas lists it'),
  value: nullable(answered.number(0.7, 'Numerator by denominator; null where the denominator is 0')),
  unit: answered.choice(['ratio', 'ms']),
  numerator: answered.number(70),
  denominator: answered.number(100),
  serviceLevelSeconds: notAlways(answered.numbers(20, 'Thresholds it was counted with; several where they were changed within the time')),
  shortAbandonSeconds: notAlways(answered.numbers(5)),
});
