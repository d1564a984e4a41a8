import { InvalidArgumentError } from 'commander';

export const wholeNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('expected a whole number of 1 or more');
  return number;
};

export const positive = (text: string): number => {
  const number = Number(text);
  if (!(number > 0) || number > 10_000) throw new InvalidArgumentError('expected a number above 0 and up to 10000');
  return number;
};

export const portNumber = (text: string): number => {
  const number = Number(text);
  if (text.trim() === '' || !Number.isInteger(number) || number < 0 || number > 65_535) throw new InvalidArgumentError('expected a port from 0 (any free one) to 65535');
  return number;
};

/** A position in the log; bigint, because EventStoreDB's go beyond 2^53. */
export const position = (text: string): bigint => {
  if (!/^\d{1,19}$/.test(text)) throw new InvalidArgumentError('expected a position: a whole number of 0 or more');
  return BigInt(text);
};

/** Collects an option that may be given several times, or with commas. */
export const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, ...text.split(',').map((part) => part.trim()).filter((part) => part !== '')];

/** `all`, `none`, or numbers from 0 with commas between. */
export const faultNumbers = (text: string): 'all' | readonly number[] => {
  if (text === 'all') return 'all';
  if (text === 'none') return [];
  if (!/^\d+(,\d+)*$/.test(text)) throw new InvalidArgumentError('expected all, none, or numbers of faults such as 0,3');
  return text.split(',').map(Number);
};
