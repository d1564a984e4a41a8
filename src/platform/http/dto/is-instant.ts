import { registerDecorator } from 'class-validator';
import { msOf } from '../../../kernel/clock.js';

const SHAPE = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** Whether a text is an instant that exists: the 30th of February is none. */
export const isInstant = (value: unknown): value is string => {
  if (typeof value !== 'string') return false;
  const [, year, month, day] = SHAPE.exec(value) ?? [];
  if (year === undefined || !Number.isFinite(msOf(value))) return false;
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(day) <= lastDay;
};

export const IsInstant = (): PropertyDecorator => (target, property) =>
  registerDecorator({
    name: 'isInstant',
    target: target.constructor,
    propertyName: String(property),
    validator: { validate: isInstant, defaultMessage: () => 'must be an ISO 8601 time with a time zone, such as 2026-03-01T12:00:00.000Z' },
  });
