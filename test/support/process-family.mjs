import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const GRACE_MS = 10_000;

/** Process ids by the id of whoever started them. */
const childrenByParent = () => {
  const pairs = process.platform === 'linux'
    ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
        try {
          return [[Number(pid), Number(/.*\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])]];
        } catch {
          return [];
        }
      })
    : spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout.trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const children = new Map();
  for (const [pid, parent] of pairs) children.set(parent, [...(children.get(parent) ?? []), pid]);
  return children;
};

/** A process and all that it has started, directly or not, as far as their parents still live. */
const familyOf = (pid) => {
  const children = childrenByParent();
  const family = [pid];
  for (const each of family) family.push(...(children.get(each) ?? []));
  return family;
};

const signal = (pid, name) => {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
};

/** Asks a process and all that it has started to end, and ends after ten seconds whoever has not. */
export const endFamily = async (pid) => {
  const family = new Set(familyOf(pid));
  // One that was stopped hears nothing until it goes on.
  for (const each of family) if (signal(each, 'SIGTERM')) signal(each, 'SIGCONT');
  const until = performance.now() + GRACE_MS;
  const left = () => [...family].filter((each) => signal(each, 0));
  while (left().length > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const each of left()) for (const younger of familyOf(each)) family.add(younger);
  }
  for (const each of left()) signal(each, 'SIGKILL');
};
