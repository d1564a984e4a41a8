import { stringify } from 'csv-stringify/sync';
import type { CallRecord } from './call-history.views.js';

/** The columns of the export, in an order that stays: new ones come at the end. */
export const EXPORT_COLUMNS = [
  'callId', 'interactionId', 'direction', 'numberId', 'fromNumber', 'fromName', 'toNumber', 'startedAt', 'answeredAt', 'endedAt', 'durationMs', 'queueId', 'agentId', 'disposition', 'cause', 'endedBy',
  'confidence', 'waitMs', 'ringMs', 'talkMs', 'holdMs', 'wrapUpMs', 'bridgedMs', 'offers', 'contacts', 'holds', 'transfers', 'recordings', 'nodeId', 'personId', 'gaps',
] as const satisfies readonly (keyof CallRecord)[];

type Column = (typeof EXPORT_COLUMNS)[number];

/** What a spreadsheet would take for a formula; the caller chooses his name. */
const FORMULA = /^[=+\-@\t\r]/;

const cell = (call: CallRecord, column: Column): string | number | null => {
  switch (column) {
    case 'transfers':
      return call.transfers.length;
    case 'gaps':
      return call.gaps.length;
    case 'recordings':
      return call.recordings.map(({ recordingId }) => recordingId).join(' ');
    case 'fromName':
      return FORMULA.test(call.fromName) ? `'${call.fromName}` : call.fromName;
    default:
      return call[column];
  }
};

/** RFC 4180 with a header; text in UTF-8. Transfers and gaps are counted, recordings named by their ids. */
export async function* csvOf(pages: AsyncIterable<readonly CallRecord[]>): AsyncGenerator<string> {
  const options = { record_delimiter: '\r\n' } as const;
  yield stringify([[...EXPORT_COLUMNS]], options);
  for await (const page of pages) yield stringify(page.map((call) => EXPORT_COLUMNS.map((column) => cell(call, column))), options);
}

/** A JSON object a line, fields in the order of EXPORT_COLUMNS; transfers, recordings and gaps in full. */
export async function* ndjsonOf(pages: AsyncIterable<readonly CallRecord[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((call) => `${JSON.stringify(Object.fromEntries(EXPORT_COLUMNS.map((column) => [column, call[column]])))}\n`).join('');
}
