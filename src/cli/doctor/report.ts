/** What the doctor finds, told section by section. */
export class Report {
  private readonly lines: string[] = [];
  readonly problems: { readonly what: string; readonly todo: string }[] = [];

  section(title: string): void {
    this.lines.push('', title);
  }

  fact(name: string, value: string): void {
    this.lines.push(`  ${name.padEnd(32)} ${value}`);
  }

  /** Something is wrong; `todo` says what puts it right. */
  problem(what: string, todo: string): void {
    this.problems.push({ what, todo });
    this.lines.push(`  ! ${what}`);
  }

  text(): string {
    const end =
      this.problems.length === 0
        ? ['', 'Nothing is wrong.']
        : ['', `${this.problems.length === 1 ? 'One thing is' : `${this.problems.length} things are`} wrong:`, ...this.problems.map(({ what, todo }, index) => `  ${index + 1}. ${what}\n     ${todo}`)];
    return [...this.lines, ...end].slice(1).join('\n');
  }
}

export const agoText = (ms: number): string => {
  const seconds = ms / 1000;
  if (seconds < 90) return `${seconds.toFixed(1)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
};
