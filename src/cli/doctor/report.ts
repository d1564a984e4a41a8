/** Something that is wrong. */
export interface Finding {
  /** Stable, kebab-case; the operations page lists them. */
  readonly code: string;
  readonly what: string;
  /** What puts it right. */
  readonly todo: string;
}

interface Section {
  readonly title: string;
  readonly facts: { readonly name: string; readonly value: string }[];
  readonly lines: string[];
}

/** What the doctor finds, told section by section. */
export class Report {
  private readonly sections: Section[] = [];
  readonly problems: Finding[] = [];

  section(title: string): void {
    this.sections.push({ title, facts: [], lines: [] });
  }

  fact(name: string, value: string): void {
    const section = this.current();
    section.facts.push({ name, value });
    section.lines.push(`  ${name.padEnd(32)} ${value}`);
  }

  /** Something is wrong; `todo` says what puts it right. */
  problem(code: string, what: string, todo: string): void {
    this.problems.push({ code, what, todo });
    this.current().lines.push(`  ! ${what}`);
  }

  text(): string {
    const lines = this.sections.flatMap(({ title, lines: own }) => ['', title, ...own]);
    const end =
      this.problems.length === 0
        ? ['', 'Nothing is wrong.']
        : ['', `${this.problems.length === 1 ? 'One thing is' : `${this.problems.length} things are`} wrong:`, ...this.problems.map(({ code, what, todo }, index) => `  ${index + 1}. ${what} (${code})\n     ${todo}`)];
    return [...lines, ...end].slice(1).join('\n');
  }

  /** The same for machines. */
  json(): string {
    return JSON.stringify({ well: this.problems.length === 0, problems: this.problems, sections: this.sections.map(({ title, facts }) => ({ title, facts })) }, undefined, 2);
  }

  private current(): Section {
    const last = this.sections.at(-1);
    if (last !== undefined) return last;
    this.section('Trunkline');
    return this.current();
  }
}

export const agoText = (ms: number): string => {
  const seconds = ms / 1000;
  if (seconds < 90) return `${seconds.toFixed(1)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
};
