let failed = 0;

/** One line for each thing that was seen, as the shell suites print them. */
export function check(name: string, holds: boolean, detail = ''): void {
  if (!holds) failed += 1;
  process.stdout.write(
    `${holds ? 'ok' : 'not ok'} - ${name}${holds || !detail ? '' : `: ${detail}`}\n`,
  );
}

/** What is no check: figures, and what others have said. */
export function note(text: string): void {
  process.stdout.write(`# ${text}\n`);
}

/** Says how it went by the exit code. */
export function finish(): never {
  process.exit(failed === 0 ? 0 : 1);
}
