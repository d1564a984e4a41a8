/** One environment variable: what it means, how it is read, and what holds when it is not set. */
export interface Setting<T> {
  readonly name: string;
  readonly meaning: string;
  /** Shown in the README's table; the value itself comes from `parse(undefined)`. */
  readonly fallback: string;
  readonly secret: boolean;
  /** Throws an Error that says what would be right. */
  parse(text: string | undefined): T;
}

export type Settings<D extends Readonly<Record<string, Setting<unknown>>>> = { readonly [K in keyof D]: D[K] extends Setting<infer T> ? T : never };

/** The environment is wrong; the message lists everything that is, a line each. */
export class InvalidSettings extends Error {
  override readonly name = 'InvalidSettings';
  constructor(readonly problems: readonly string[]) {
    super(`the configuration is wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/** Reads all settings at once. Names that begin with TRUNKLINE_ and are not declared are mistakes and listed too. */
export const readSettings = <D extends Readonly<Record<string, Setting<unknown>>>>(declared: D, env: Readonly<Record<string, string | undefined>>): Settings<D> => {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  const names = new Set<string>();
  for (const [key, setting] of Object.entries(declared)) {
    names.add(setting.name);
    const text = env[setting.name];
    try {
      values[key] = setting.parse(text === undefined || text.trim() === '' ? undefined : text.trim());
    } catch (error) {
      const shown = setting.secret ? '' : ` is '${text}':`;
      problems.push(`${setting.name}${shown} ${(error as Error).message}`);
    }
  }
  for (const name of Object.keys(env)) {
    if (name.startsWith('TRUNKLINE_') && !name.startsWith('TRUNKLINE_TEST_') && !names.has(name)) problems.push(`${name} is not known; the README lists the names that are`);
  }
  if (problems.length > 0) throw new InvalidSettings(problems);
  return values as Settings<D>;
};

interface Options {
  readonly secret?: boolean;
}

export const text = (name: string, meaning: string, fallback: string, options: Options = {}): Setting<string> => ({
  name, meaning, fallback, secret: options.secret ?? false, parse: (value) => value ?? fallback,
});

export const optionalText = (name: string, meaning: string, without: string, options: Options = {}): Setting<string | undefined> => ({
  name, meaning, fallback: without, secret: options.secret ?? false, parse: (value) => value,
});

export const integer = (name: string, meaning: string, fallback: number, min: number, max: number): Setting<number> => ({
  name, meaning, fallback: String(fallback), secret: false,
  parse: (value) => {
    if (value === undefined) return fallback;
    const number = Number(value);
    if (!Number.isInteger(number) || number < min || number > max) throw new Error(`expected a whole number from ${min} to ${max}`);
    return number;
  },
});

export const optionalInteger = (name: string, meaning: string, without: string, min: number, max: number): Setting<number | undefined> => ({
  name, meaning, fallback: without, secret: false, parse: (value) => (value === undefined ? undefined : integer(name, meaning, min, min, max).parse(value)),
});

export const flag = (name: string, meaning: string, fallback: boolean): Setting<boolean> => ({
  name, meaning, fallback: String(fallback), secret: false,
  parse: (value) => {
    if (value === undefined) return fallback;
    if (value !== 'true' && value !== 'false') throw new Error('expected true or false');
    return value === 'true';
  },
});

export const choice = <T extends string>(name: string, meaning: string, fallback: T, choices: readonly T[]): Setting<T> => ({
  name, meaning, fallback, secret: false,
  parse: (value) => {
    if (value === undefined) return fallback;
    const found = choices.find((candidate) => candidate === value);
    if (found === undefined) throw new Error(`expected one of ${choices.join(', ')}`);
    return found;
  },
});

export const choices = <T extends string>(name: string, meaning: string, fallback: readonly T[], all: readonly T[]): Setting<readonly T[]> => ({
  name, meaning, fallback: fallback.join(','), secret: false,
  parse: (value) => {
    if (value === undefined) return fallback;
    return value.split(',').map((part) => {
      const found = all.find((candidate) => candidate === part.trim());
      if (found === undefined) throw new Error(`'${part.trim()}' is none of ${all.join(', ')}`);
      return found;
    });
  },
});

/** Names of 1 to 64 letters, digits, dots, underscores and dashes. */
export const names = (name: string, meaning: string, without: string): Setting<readonly string[] | undefined> => ({
  name, meaning, fallback: without, secret: false,
  parse: (value) => value?.split(',').map((part) => {
    const one = part.trim();
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(one)) throw new Error(`'${one}' is no name; a name has 1 to 64 letters, digits, dots, underscores or dashes`);
    return one;
  }),
});

export const url = (name: string, meaning: string, without: string, protocols: readonly string[], options: Options = {}): Setting<string | undefined> => ({
  name, meaning, fallback: without, secret: options.secret ?? true,
  parse: (value) => {
    if (value === undefined) return undefined;
    const scheme = value.split('://')[0] ?? '';
    if (!protocols.includes(scheme) || !URL.canParse(value)) throw new Error(`expected a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`);
    return value;
  },
});

export const hexKey = (name: string, meaning: string, without: string, bytes: number): Setting<Buffer | undefined> => ({
  name, meaning, fallback: without, secret: true,
  parse: (value) => {
    if (value === undefined) return undefined;
    if (!new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`).test(value)) throw new Error(`expected ${bytes * 2} hexadecimal digits; make one with: openssl rand -hex ${bytes}`);
    return Buffer.from(value, 'hex');
  },
});
