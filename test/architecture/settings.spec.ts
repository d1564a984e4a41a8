import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Setting } from '../../src/platform/settings/declare.js';
import { SETTINGS } from '../../src/settings.js';

const ROOT = process.cwd();

/** What is the system's own and no setting of Trunkline. */
const SYSTEM = new Set(['PATH']);

const sources = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));

/** Names read by `process.env.X`, `process.env['X']`, `env['X']`, `env.X`, and what is taken out of either by name. */
const namesReadBy = (text: string): string[] => {
  const found = [...text.matchAll(/\benv(?:\.([A-Z][A-Z0-9_]*)|\[\s*['"`]([A-Za-z0-9_]+)['"`]\s*\])/g)].map(([, dotted, quoted]) => dotted ?? quoted ?? '');
  const destructured = [...text.matchAll(/\{([^{}]*)\}\s*=\s*(?:process\.)?env\b/g)].flatMap(([, names]) => (names ?? '').split(',').map((name) => name.split(/[:=]/)[0]?.trim() ?? '')).filter((name) => /^[A-Z]/.test(name));
  return [...found, ...destructured];
};

interface TableRow {
  readonly name: string;
  readonly meaning: string;
  readonly fallback: string;
}

/** The README's rows whose first cell is the name of a variable. */
const readmeTable = (): TableRow[] =>
  readFileSync(join(ROOT, 'README.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, name, meaning, fallback] = /^\| `([A-Z][A-Z0-9_]+)` \| (.*) \| (.*) \|$/.exec(line) ?? [];
      return name === undefined || meaning === undefined || fallback === undefined ? [] : [{ name, meaning: meaning.trim(), fallback: fallback.trim() }];
    });

const declared = Object.values<Setting<unknown>>(SETTINGS);
const names = declared.map(({ name }) => name);

describe('every setting', () => {
  it('that the code reads is declared', () => {
    const undeclared = ['src', 'projections'].flatMap(sources).flatMap((file) =>
      namesReadBy(readFileSync(join(ROOT, file), 'utf8'))
        .filter((name) => !SYSTEM.has(name) && !names.includes(name))
        .map((name) => `${file} reads ${name}`),
    );
    expect(undeclared).toEqual([]);
  });

  it('that is declared is declared once and used', () => {
    expect([...new Set(names)]).toEqual(names);
    const texts = ['src', 'projections'].flatMap(sources).filter((file) => file !== join('src', 'settings.ts')).map((file) => readFileSync(join(ROOT, file), 'utf8'));
    const unused = Object.keys(SETTINGS).filter((key) => !texts.some((text) => new RegExp(`\\b${key}\\b`).test(text)));
    expect(unused).toEqual([]);
  });

  it('stands in the README’s table with its meaning and its default, in the same order', () => {
    expect(readmeTable()).toEqual(declared.map(({ name, meaning, fallback }) => ({ name, meaning, fallback })));
  });

  it('that compose or the container sets is declared', () => {
    const compose = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
    const [, environment = ''] = /^ {2}trunkline:\n[\s\S]*?^ {4}environment:\n([\s\S]*?)^ {4}\S/m.exec(compose) ?? [];
    const composed = [...environment.matchAll(/^ {6}([A-Z0-9_]+):/gm)].map(([, name]) => name);
    const inContainer = [...readFileSync(join(ROOT, 'Dockerfile'), 'utf8').matchAll(/\b(TRUNKLINE_[A-Z_]+)=/g)].map(([, name]) => name);
    expect(composed.length).toBeGreaterThan(5);
    expect([...composed, ...inContainer].filter((name) => !names.includes(name ?? ''))).toEqual([]);
  });

  it('is found by the scan however it is read', () => {
    expect(namesReadBy(`process.env.AAA; env['BBB']; const { CCC, DDD: d = 1, lower } = process.env; environment['EEE']`)).toEqual(['AAA', 'BBB', 'CCC', 'DDD']);
  });
});
