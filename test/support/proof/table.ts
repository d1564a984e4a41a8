import { COLUMNS, type Row } from './checks.js';

const cellOf = ({ ok, failed, missing }: Row['cells'][(typeof COLUMNS)[number]], mark: string): string => {
  if (failed.length > 0) return `${failed.length} FAILED of ${ok + failed.length}`;
  if (ok === 0 && missing === 0) return '';
  return missing === 0 ? String(ok) : ok === 0 ? `-${mark}` : `${ok}${mark}`;
};

/** Captures by checked facts: how many checks agreed, failed, or could not be made, and why not. */
export const tableOf = (rows: readonly Row[], notes: readonly string[]): string => {
  const reasons = [...new Set(rows.flatMap((row) => [...row.reasons]))];
  const markOf = (row: Row): string => `(${[...row.reasons].map((reason) => reasons.indexOf(reason) + 1).join(',')})`;
  const head = ['capture', 'connection', 'level', ...COLUMNS];
  const lines = rows.map((row) => [row.capture, row.connection, row.level, ...COLUMNS.map((column) => cellOf(row.cells[column], markOf(row)))]);
  const total = ['all', '', '', ...COLUMNS.map((column) => String(rows.reduce((sum, row) => sum + row.cells[column].ok, 0)))];
  const widths = head.map((title, i) => Math.max(title.length, ...[...lines, total].map((line) => (line[i] ?? '').length)));
  const shown = (line: readonly string[]): string => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ').trimEnd();
  const failures = rows.flatMap((row) => COLUMNS.flatMap((column) => row.cells[column].failed.map((what) => `  ${row.capture} ${row.connection} ${row.level}, ${column}: ${what}`)));
  return [
    shown(head),
    widths.map((width) => '-'.repeat(width)).join('-+-'),
    ...lines.map(shown),
    shown(total),
    '',
    'A number is of checks that agree with the truth. A mark says that something of the truth could not be checked there:',
    ...reasons.map((reason, i) => `  (${i + 1}) ${reason}`),
    ...notes.map((note) => `  - ${note}`),
    ...(failures.length === 0 ? [] : ['', 'FAILED:', ...failures]),
  ].join('\n');
};
