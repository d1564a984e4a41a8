/**
 * Keys of a flat JSON object that came several times or with an array, with all their values in order.
 * `JSON.parse` keeps only the last of repeated keys, and a hang-up cause comes twice. The text must be
 * valid JSON.
 */
export function listsOfJsonObject(text: string): Record<string, readonly string[]> {
  const all = new Map<string, string[]>();
  const listed = new Set<string>();
  let at = text.indexOf('{') + 1;
  for (;;) {
    at = skipSpace(text, at);
    if (text[at] !== '"') break;
    const keyEnd = endOfString(text, at);
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    at = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const valueEnd = endOfValue(text, at);
    const value: unknown = JSON.parse(text.slice(at, valueEnd));
    const values = all.get(key);
    if (values !== undefined || Array.isArray(value)) listed.add(key);
    const added = (Array.isArray(value) ? (value as unknown[]) : [value]).map(String);
    if (values === undefined) all.set(key, added);
    else values.push(...added);
    at = skipSpace(text, valueEnd) + 1;
  }
  return Object.fromEntries([...listed].map((key) => [key, all.get(key) ?? []]));
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 32) at += 1;
  return at;
}

/** Index after the closing quote of the string that starts at `from`. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); ; at = text.indexOf('"', at + 1)) {
    if (at === -1) return text.length;
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
}

function endOfValue(text: string, from: number): number {
  if (text[from] === '"') return endOfString(text, from);
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (character === ',' && depth === 0) return at;
  }
  return text.length;
}
