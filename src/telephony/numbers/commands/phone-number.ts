import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';
import { invalid } from '../../../kernel/checks.js';

const INTERNAL = /^[\d*#]{2,6}$/;

/** Shape only; whether such a number can exist is `e164Of`'s business. */
const WRITTEN = /^\+?[\d\s()./-]{2,40}$/;

const E164 = /^\+[1-9]\d{6,14}$/;

/** E.164 of a number as people write it; `country` counts where it has no plus. Throws DomainError `invalid-number`. */
export const e164Of = (text: string, country: string): string => {
  const parsed = WRITTEN.test(text) ? parsePhoneNumberFromString(text, isSupportedCountry(country) ? { defaultCountry: country as CountryCode, extract: false } : { extract: false }) : undefined;
  if (parsed === undefined || !parsed.isPossible() || !E164.test(parsed.number)) throw invalid('invalid-number', 'this is no phone number; write it as E.164, such as +4930123456, or as it is dialled in the country of the tenant');
  return parsed.number;
};

/** As `e164Of`, and lets a short internal number of 2 to 6 digits, * or # through as it is. */
export const ownNumberOf = (text: string, country: string): string => {
  if (INTERNAL.test(text)) return text;
  try {
    return e164Of(text, country);
  } catch {
    throw invalid('invalid-number', 'this is no number; give E.164, such as +4930123456, or a short internal number of 2 to 6 digits, * or #');
  }
};
