/** `scripts/dead-letters`: what an operator does with events that a service has given up. */
import { parseArgs } from 'node:util';
import type { DeadLetter, DeadLetters, Selection } from '@roundhouse/events/operator';
import { fail, fromCommandLine } from '../command-line.ts';
import { installation } from './installation.ts';

const USAGE = `scripts/dead-letters list [--queue QUEUE]
scripts/dead-letters show ID
scripts/dead-letters replay ID [--queue QUEUE] | --all QUEUE
scripts/dead-letters drop ID [--queue QUEUE] | --all QUEUE
A queue has the name of its service. Each takes [--data DIR].`;

const readArguments = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      all: { type: 'string' },
      data: { type: 'string' },
      queue: { type: 'string' },
    },
  });

const { values, positionals } = fromCommandLine(readArguments, USAGE);
const [verb = '', id, ...more] = positionals;
const say = (line: string) => process.stdout.write(`${line}\n`);

/** On one line, whatever an error may have in it. */
const line = (letter: DeadLetter) =>
  [
    letter.id,
    letter.queue,
    letter.type || '-',
    letter.tenant_id || '-',
    letter.failed_at,
    String(letter.attempts),
    JSON.stringify(letter.error),
  ].join('\t');

function selection(): Selection {
  if (values.all !== undefined && id === undefined) return { all: values.all };
  if (id === undefined || values.all !== undefined) return fail(USAGE, 2);
  return { id, ...(values.queue === undefined ? {} : { queue: values.queue }) };
}

async function act(letters: DeadLetters, done: 'replayed' | 'dropped'): Promise<void> {
  const which = selection();
  const acted = await (done === 'replayed' ? letters.replay(which) : letters.drop(which));
  for (const { event: _, ...facts } of acted) {
    log.warn('operator', { ...facts, event: `dead_letter_${done}` });
    say(`${done} ${facts.id} of ${facts.queue}`);
  }
  if (acted.length === 0) process.exitCode = 1;
  say(`${acted.length} ${done}`);
}

async function show(letters: DeadLetters): Promise<void> {
  if (id === undefined) fail(USAGE, 2);
  const found = (await letters.list(values.queue)).filter((letter) => letter.id === id);
  if (found.length === 0) {
    process.stderr.write(`There is no dead letter ${id}.\n`);
    process.exitCode = 1;
  }
  for (const letter of found) say(JSON.stringify(letter, null, 2));
}

async function list(letters: DeadLetters): Promise<void> {
  if (id !== undefined) fail(USAGE, 2);
  say('id\tqueue\ttype\ttenant\tfailed at\tattempts\terror');
  for (const letter of await letters.list(values.queue)) say(line(letter));
}

const verbs: Record<string, (letters: DeadLetters) => Promise<void>> = {
  list,
  show,
  replay: (letters) => act(letters, 'replayed'),
  drop: (letters) => act(letters, 'dropped'),
};
const work = verbs[verb];
if (work === undefined || more.length > 0) fail(USAGE, 2);
if (verb === 'replay' || verb === 'drop') selection();
const { deadLetters, log } = installation(values.data);
const letters = await deadLetters();
try {
  await work(letters);
} finally {
  await letters.close();
}
