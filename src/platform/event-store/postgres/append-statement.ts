import { isoTime } from '../../../kernel/clock.js';
import type { AppendResult, ExpectedRevision } from '../event-store.port.js';
import type { Append } from './append-queue.js';
import { int4Array, int8Array, jsonArray, textArray, uuidArray } from './binary-arrays.js';
import type { Row, Statement } from './connections.js';
import { appendFunctionOf } from './postgres.event-store.schema.js';

/** What became of one append of a group. */
export type AppendOutcome =
  | { readonly done: true; readonly result: AppendResult }
  | { readonly done: false; readonly actual: bigint | 'no_stream' };

export const appendStatement = (schema: string): Statement => ({
  name: 'append',
  text:
    `select outcome, last_revision, last_position, first_position, recorded_ms from ${appendFunctionOf(schema)}` +
    '($1::text[], $2::int4[], $3::int8[], $4::int4[], $5::int4[], $6::int4[], $7::uuid[], $8::text[], $9::int4[], $10::json[], $11::json[], $12::int4[])',
});

const encodeExpected = (expected: ExpectedRevision): bigint => {
  switch (expected) {
    case 'no_stream':
      return -1n;
    case 'any':
      return -2n;
    case 'stream_exists':
      return -4n;
    default:
      return expected;
  }
};

/** The values of the append statement for a group; `sets`: which of the appends, next to each other, are made together. */
export const encodeGroup = (group: readonly Append[], sets: readonly number[]): Buffer[] => {
  const slotOf = new Map<string, number>();
  const slots: number[] = [];
  const firsts: number[] = [];
  const owners: number[] = [];
  const events = group.flatMap((append, i) => {
    const slot = slotOf.get(append.stream) ?? slotOf.size + 1;
    slotOf.set(append.stream, slot);
    slots.push(slot);
    firsts.push(owners.length + 1);
    for (let n = 0; n < append.events.length; n++) owners.push(i + 1);
    return append.events;
  });
  return [
    textArray([...slotOf.keys()]),
    int4Array(slots),
    int8Array(group.map(({ expected }) => encodeExpected(expected))),
    int4Array(firsts),
    int4Array(group.map((append) => append.events.length)),
    int4Array(owners),
    uuidArray(events.map(({ event }) => event.id)),
    textArray(events.map(({ event }) => event.type)),
    int4Array(events.map(({ event }) => event.schemaVersion)),
    jsonArray(events.map(({ dataText }) => dataText)),
    jsonArray(events.map(({ metadataText }) => metadataText)),
    int4Array(sets),
  ];
};

/** What a row of the append statement says. */
export const decodeOutcome = ([outcome, lastRevision, lastPosition, firstPosition, recordedMs]: Row): AppendOutcome => {
  const revision = BigInt(lastRevision ?? '');
  const position = BigInt(lastPosition ?? '');
  switch (outcome) {
    case '1':
      return { done: true, result: { revision, position, written: { firstPosition: BigInt(firstPosition ?? ''), recordedAt: isoTime(Number(recordedMs)) } } };
    case '2':
      return { done: true, result: { revision, position } };
    case '3':
      return { done: false, actual: revision < 0n ? 'no_stream' : revision };
    default:
      throw new Error(`the append function answered with outcome ${outcome}, which this release does not know`);
  }
};
