/** What people type after the name of a script. */

/** Says on standard error why it does not go on, and ends; 2 is for what was typed wrong. */
export function fail(message: string, code = 1): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

/** What `read` makes of the arguments; where it throws, says why and how they are meant. */
export function fromCommandLine<T>(read: () => T, usage: string): T {
  try {
    return read();
  } catch (error) {
    const { message } = error as Error;
    return fail(message === usage ? usage : `${message}\n${usage}`, 2);
  }
}
