import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = process.cwd();
const PAGE = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');

const sources = ['src', 'projections'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('simulator'))
    .map((name) => ({ file: join(folder, name), text: readFileSync(join(ROOT, folder, name), 'utf8') })),
);

const section = (title: string): string => new RegExp(`^## ${title}\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(PAGE)?.[1] ?? '';
const headings = (text: string): string[] => [...text.matchAll(/^###+ `([a-z-]+)`$/gm)].map(([, code]) => code ?? '');
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

/** What every `raise(` of a source says, and those of which the code cannot be seen. */
const alarmsOf = (text: string): { readonly codes: string[]; readonly unseen: number } => {
  const raised = [...text.matchAll(/\braise\(\{/g)].length;
  const direct = [...text.matchAll(/\braise\(\{\s*(?:\/\/[^\n]*\s*)*code: '([a-z-]+)'/g)].map(([, code]) => code ?? '');
  const tables = [...text.matchAll(/const ALARM_OF\b[^=]*=\s*\{([^}]*)\}/g)].map(([, body]) => [...(body ?? '').matchAll(/: '([a-z-]+)'/g)].map(([, code]) => code ?? ''));
  return { codes: [...direct, ...tables.flat()], unseen: raised - direct.length - tables.length };
};

const readinessCodesOf = (text: string): string[] => [...text.matchAll(/failure: '([a-z-]+)'|\{ code: '([a-z-]+)', reason/g)].map(([, failure, code]) => failure ?? code ?? '');
const figuresOf = (text: string): string[] => [...text.matchAll(/(?:gauge|counter|distribution)\('(trunkline_\w+)'|name: '(trunkline_\w+)',\n\s*help:/g)].map(([, kept, own]) => kept ?? own ?? '');

describe('the operations page', () => {
  it('has one entry for each alarm that the code can raise, and none for others', () => {
    const told = headings(section('Alarms'));
    expect(sources.filter(({ text }) => alarmsOf(text).unseen !== 0).map(({ file }) => file)).toEqual([]);
    expect(sorted(sources.flatMap(({ text }) => alarmsOf(text).codes))).toEqual(sorted(told));
    expect([...told].sort()).toEqual(sorted(told));
    expect(told.length).toBeGreaterThan(40);
  });

  it('has one entry for each reason not to be ready', () => {
    // Redis is not needed to serve; only the doctor asks for it this way.
    const codes = sources.filter(({ file }) => file.startsWith('src') && !file.includes('redis')).flatMap(({ text }) => readinessCodesOf(text));
    expect(sorted(codes)).toEqual(sorted(headings(section('Not ready'))));
    expect(codes.length).toBeGreaterThan(5);
  });

  it('lists everything that the doctor can find', () => {
    const found = sources.filter(({ file }) => file.startsWith(join('src', 'cli', 'doctor'))).flatMap(({ text }) => [...text.matchAll(/report\.problem\('([a-z-]+)'/g)].map(([, code]) => code ?? ''));
    const rows = section('What the doctor finds').split('\n').filter((line) => line.startsWith('| `'));
    expect(sorted(rows.flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, code]) => code ?? '')))).toEqual(sorted(found));
    expect(found.length).toBeGreaterThan(20);
  });

  it('lists every figure, and its alert rules use only what there is', () => {
    const figures = sorted(sources.flatMap(({ text }) => figuresOf(text)));
    const listed = [...section('Figures').matchAll(/^\| `(trunkline_\w+)` \|/gm)].map(([, name]) => name ?? '');
    expect(sorted(listed)).toEqual(figures);
    const used = [...PAGE.matchAll(/\btrunkline_\w+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));
    expect(sorted(used).filter((name) => !figures.includes(name))).toEqual([]);
  });

  it('says what to do in every entry', () => {
    const entries = `${section('Not ready')}\n${section('Alarms')}`.split(/^(?=###+ `)/m).filter((entry) => entry.startsWith('###'));
    expect(entries.filter((entry) => !/\*\*(Do|Over):\*\*|Nothing to do|See the entry|As `|As with/i.test(entry)).map((entry) => entry.split('\n')[0])).toEqual([]);
  });

  it('is found from the README, and names commands and settings that there are', () => {
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('](docs/operations.md)');
    const commands = new Set([...readFileSync(join(ROOT, 'src', 'cli.ts'), 'utf8').matchAll(/\.command\('([a-z]+)'\)/g)].map(([, name]) => name));
    expect(sorted([...PAGE.matchAll(/`trunkline ([a-z]+)/g)].map(([, name]) => name ?? '')).filter((name) => !commands.has(name))).toEqual([]);
    const settings = readFileSync(join(ROOT, 'src', 'settings.ts'), 'utf8');
    expect(sorted([...PAGE.matchAll(/\b(?:TRUNKLINE|FREESWITCH|S3)_[A-Z_]+\b|\b(?:DATABASE|EVENTSTOREDB|REDIS)_URL\b/g)].map(([name]) => name)).filter((name) => !settings.includes(`'${name}'`))).toEqual([]);
  });
});
