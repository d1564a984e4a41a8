import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';
import { invalid } from '../../../kernel/checks.js';

const WRITTEN = /^\+?[0-9A-Za-z*#._() /-]{1,64}$/;

/**
 * A number in every form in which a switch may have recorded it: E.164 first, then without the plus, with
 * an international prefix, as it is dialled in its country. One that is no telephone number (an extension)
 * has only itself. `country` counts where it has no plus. Throws DomainError `invalid-number`.
 */
export const formsOfNumber = (text: string, country: string): readonly string[] => {
  if (!WRITTEN.test(text)) throw invalid('invalid-number', 'this is no number; write it as E.164, such as +4930123456, or exactly as it stands in the CDR');
  const parsed = parsePhoneNumberFromString(text, isSupportedCountry(country) ? { defaultCountry: country as CountryCode, extract: false } : { extract: false });
  const own = text.replace(/[() /]/g, '');
  if (parsed === undefined || !parsed.isPossible()) return [own];
  const digits = parsed.number.slice(1);
  return [...new Set([parsed.number, digits, `00${digits}`, `011${digits}`, parsed.nationalNumber, parsed.formatNational().replace(/\D/g, ''), own])];
};
