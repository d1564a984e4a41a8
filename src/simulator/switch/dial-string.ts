export interface DialString {
  readonly variables: ReadonlyMap<string, string>;
  readonly address: string;
}

/** Splits `a=b,c='d, e'` at commas that stand outside of quotes and are not escaped. */
const splitVariables = (text: string): string[] => {
  let separator = ',';
  let rest = text;
  if (text.startsWith('^^')) {
    separator = text[2] ?? ',';
    rest = text.slice(3);
  }
  const parts: string[] = [''];
  let quoted = false;
  for (let i = 0; i < rest.length; i++) {
    const char = rest[i]!;
    if (char === '\\' && i + 1 < rest.length && (rest[i + 1] === separator || rest[i + 1] === "'")) parts[parts.length - 1] += rest[++i]!;
    else if (char === "'") quoted = !quoted;
    else if (char === separator && !quoted) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts;
};

const readBlock = (text: string, open: string, close: string, into: Map<string, string>): string => {
  if (!text.startsWith(open)) return text;
  let quoted = false;
  for (let i = 1; i < text.length; i++) {
    const char = text[i];
    if (char === '\\') i++;
    else if (char === "'") quoted = !quoted;
    else if (char === close && !quoted) {
      for (const assignment of splitVariables(text.slice(1, i))) {
        const at = assignment.indexOf('=');
        if (at > 0) into.set(assignment.slice(0, at).trim(), assignment.slice(at + 1));
      }
      return text.slice(i + 1).trim();
    }
  }
  return text;
};

/** `{a=b,c='d e'}[f=g]user/1001@domain`: the variables of a leg and where it goes. */
export const parseDialString = (text: string): DialString => {
  const variables = new Map<string, string>();
  const global = readBlock(text.trim(), '{', '}', variables);
  const address = readBlock(global, '[', ']', variables);
  return { variables, address };
};

/** The end of a dial string within a command line: the first blank outside of braces and quotes. */
export const splitDialString = (line: string): [dialString: string, rest: string] => {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i];
    if (char === '\\') i++;
    else if (char === "'" && depth > 0) quoted = !quoted;
    else if (!quoted && (char === '{' || char === '[')) depth++;
    else if (!quoted && (char === '}' || char === ']')) depth--;
    else if (char === ' ' && depth <= 0 && !quoted) return [line.slice(0, i), line.slice(i + 1).trim()];
  }
  return [line, ''];
};
