import { DomainError } from './errors.js';
import type { Json } from './event.js';

/** The request itself is wrong; the message says what would be right. */
export const invalid = (code: string, message: string): DomainError => new DomainError('invalid', code, message);

/** It was right once, or may be later. */
export const conflict = (code: string, message: string): DomainError => new DomainError('conflict', code, message);

export const notFound = (code: string, message: string): DomainError => new DomainError('not-found', code, message);

/** Refuses anything but a whole number from `min` to `max`. */
export const requireInteger = (code: string, what: string, value: number, min: number, max: number): void => {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw invalid(code, `${what} is ${String(value)}; it must be a whole number from ${min} to ${max}`);
  }
};

/** Refuses text that is empty, blank at an end, longer than `max` characters, or holds control characters. */
export const requireText = (code: string, what: string, value: string, max: number): void => {
  if (typeof value !== 'string' || value === '' || value.length > max || value.trim() !== value || /[\u0000-\u001f\u007f]/.test(value)) {
    throw invalid(code, `${what} must have 1 to ${max} characters, none of them a control character, and no blank at either end`);
  }
};

/** Whether two values are the same JSON, whatever the order of their fields. */
export const sameJson = (a: Json | undefined, b: Json | undefined): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Readonly<Record<string, Json | undefined>>;
  const right = b as Readonly<Record<string, Json | undefined>>;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => sameJson(left[key], right[key]));
};
