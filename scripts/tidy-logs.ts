import type { SourceFile } from './rules-files.ts';

const LOGS = /\b(?:logger|log)(?:\.(?:error|warn|info|debug|log)|\[\w+\])\(/g;
/** Tools in `scripts/` talk to a person. */
const ON = /^(services|shared|gateway|infra)\/.*\.ts$/;
const TEST = /\.test\.ts$|\/test\//;

/** The arguments of a call whose parenthesis has been opened: up to the one that closes it. */
function argumentsFrom(text: string, start: number): string {
  let open = 1;
  let at = start;
  for (; at < text.length && open > 0; at += 1) {
    if (text[at] === '(') open += 1;
    else if (text[at] === ')') open -= 1;
  }
  return text.slice(start, at);
}

/** Whoever searches the logs goes by `event`: each line has one, which the text of it is not. */
export function logFaults({ path, text }: SourceFile): string[] {
  if (!ON.test(path) || TEST.test(path)) return [];
  return [...text.matchAll(LOGS)].flatMap((found) => {
    const { index } = found;
    if (/\bevent\b(?=\s*[:,}])/.test(argumentsFrom(text, index + found[0].length))) return [];
    return [`${path}:${text.slice(0, index).split('\n').length}: a line of a log has an \`event\``];
  });
}
