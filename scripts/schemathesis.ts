/**
 * `node scripts/schemathesis.ts [SERVICE]`: Schemathesis over the OpenAPI document of each service,
 * through the gateway of a platform started for it, as owner, as staff and as nobody. No answer may
 * be a 500, outside its schema or undeclared, no token ignored, nothing wrong taken for right.
 *
 * Its program is the environment's SCHEMATHESIS; where there is none the whole is skipped, aloud.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import type { Contract } from '@roundhouse/service/contract';
import { ok } from './e2e/lib/http.ts';
import { anOffice, type Office } from './e2e/lib/office.ts';
import { pidOf } from './e2e/lib/processes.ts';
import { allContracts, freshBody } from './e2e/lib/routes.ts';
import { rows } from './e2e/lib/samples.ts';
import { startPlatform } from './test-platform.ts';
import { run, stopAll } from './test-processes.ts';

const CONFIG = join(import.meta.dirname, 'schemathesis/schemathesis.toml');
/**
 * Whoever may do all gets the cases that cover each schema, too. Who may do little is refused
 * before anybody looks at what was sent, so that for them a few of all kinds are enough.
 */
const EFFORT: Record<Who, string[]> = {
  owner: ['--phases', 'examples,coverage,fuzzing,stateful', '--max-examples', '15'],
  linked: ['--phases', 'stateful', '--mode', 'positive', '--max-examples', '100'],
  staff: ['--phases', 'examples,fuzzing,stateful', '--max-examples', '8'],
  nobody: ['--phases', 'examples,fuzzing', '--max-examples', '5'],
};
const RUN_DEADLINE_MS = 400_000;
/** One for each core; within a run it is one thread, since CPython loses count in several. */
const AT_ONCE = 2;

/** `linked` is the owner once more, on the way along the links alone. */
// biome-ignore lint/suspicious/noExplicitAny: a document, looked into and changed by its paths.
type Json = any;

type Who = 'owner' | 'linked' | 'staff' | 'nobody';

interface Job {
  service: string;
  who: Who;
  token: string | undefined;
}

/** Schemathesis' own report, as far as it is read here. */
interface Report {
  exit_code: number;
  running_time: number;
  operations: { tested: number };
  test_cases: { generated: number; with_failures: number; unique_failures: number };
  errors: { title: string; count: number }[];
}

interface Outcome extends Job {
  report: Report | undefined;
  output: string;
}

let interrupted = false;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    interrupted = true;
    void stopAll();
  });
}

const say = (text: string) => process.stdout.write(`${text}\n`);

/** The limits of the edge stand in the path all the same, as data that lets so many through. */
async function raiseLimits(): Promise<void> {
  const file = join(process.env.DATA_DIR ?? '', 'kong.yml');
  const raised = readFileSync(file, 'utf8').replaceAll(/\b(minute: )(\d+)/g, '$1$2000');
  writeFileSync(`${file}.raised`, raised, { mode: 0o600 });
  renameSync(`${file}.raised`, file);
  process.kill(pidOf('gateway') ?? 0, 'SIGHUP');
  await setTimeout(1_000);
}

/** A business with a row of each kind, so that its lists have something to lead to. */
async function anOfficeAtWork(): Promise<Office> {
  const office = await anOffice();
  for (const row of Object.values(rows)) await row(office);
  return office;
}

async function tokenOfStaff({ token }: Office): Promise<string> {
  const email = `staff-${process.pid}-${performance.now()}@harbor.example`;
  const body = { email, password: 'securepass123', first_name: 'Sam', last_name: 'Staff' };
  const colleague = { ...body, roles: ['staff'] };
  await ok({ method: 'POST', path: 'auth/users', token, body: colleague });
  const login = { email, password: body.password };
  return (await ok({ method: 'POST', path: 'auth/login', body: login })).body.access_token;
}

const SAMPLES = 8;

/**
 * The document with bodies that are accepted in the place of their shapes: of what a shape alone
 * says, few rows come about, and from a row that is not there no link leads on.
 */
async function withSamples(document: Json, contract: Contract, office: Office): Promise<Json> {
  const paths: Json[] = Object.values(document.paths);
  const operations: Json[] = paths.flatMap((path) => Object.values(path));
  for (const [name, route] of Object.entries(contract.routes)) {
    if (route.body === undefined) continue;
    const named = { name, what: `${contract.service}.${name}`, contract, route };
    // One after the other: several log-ins of one person at once look like guessing.
    const samples: unknown[] = [];
    while (samples.length < SAMPLES) samples.push(await freshBody(named, office));
    const operation = operations.find(({ operationId }) => operationId === name);
    const [content] = Object.values<Json>(operation.requestBody.content);
    if (content !== undefined) content.schema = { enum: samples };
  }
  return document;
}

/** Each service with a business of its own, so that what is done to one is not seen in another. */
async function jobsOf(contract: Contract, folder: string): Promise<Job[]> {
  const { service } = contract;
  const office = await anOfficeAtWork();
  const { token } = office;
  const { text } = await ok({ method: 'GET', path: `${service}/openapi.json`, token });
  writeFileSync(join(folder, `${service}.json`), text);
  const linked = await withSamples(JSON.parse(text), contract, office);
  writeFileSync(join(folder, `${service}-linked.json`), JSON.stringify(linked));
  return [
    { service, who: 'owner', token },
    { service, who: 'linked', token },
    { service, who: 'staff', token: await tokenOfStaff(office) },
    { service, who: 'nobody', token: undefined },
  ];
}

async function schemathesis(program: string, folder: string, job: Job): Promise<Outcome> {
  const { service, who, token } = job;
  const document = join(folder, `${service}${who === 'linked' ? '-linked' : ''}.json`);
  const report = join(folder, `${service}-${who}.report.json`);
  const { output } = await run(
    [
      ...[program, '--config-file', CONFIG, 'run', document],
      ...['--origin', process.env.GATEWAY_URL ?? '', '--no-color'],
      ...[...EFFORT[who], '--seed', '20261121'],
      ...['--report', 'json,junit', '--report-json-path', report],
      ...['--report-junit-path', join(folder, `${service}-${who}.xml`)],
      ...(token === undefined ? [] : ['--header', `Authorization: Bearer ${token}`]),
    ],
    { TMPDIR: folder },
    RUN_DEADLINE_MS,
  );
  try {
    return { ...job, output, report: JSON.parse(readFileSync(report, 'utf8')) };
  } catch {
    return { ...job, output, report: undefined };
  }
}

const faultsOf = ({ report }: Outcome): number =>
  report === undefined
    ? 1
    : report.test_cases.unique_failures + report.errors.reduce((sum, { count }) => sum + count, 0);

/** How many of the links were gone along. */
const linksOf = ({ output }: Outcome): string => {
  const [, gone = '', all = ''] = /API Links:\s+(\d+) covered \/ (\d+)/.exec(output) ?? [];
  return all === '' ? '' : `${gone}/${all}`;
};

function tell(outcomes: Outcome[]): void {
  for (const outcome of outcomes.filter((one) => faultsOf(one) > 0)) {
    const { service, who, output } = outcome;
    say(`\n=== ${service} as ${who}\n${stripVTControlCharacters(output).trimEnd()}`);
  }
  say('\nservice      as      operations   cases  links  faults  seconds');
  for (const outcome of outcomes) {
    const { service, who, report } = outcome;
    const cells = [
      service.padEnd(12),
      who.padEnd(7),
      String(report?.operations.tested ?? '-').padStart(10),
      String(report?.test_cases.generated ?? '-').padStart(7),
      linksOf(outcome).padStart(6),
      String(faultsOf(outcome)).padStart(7),
      (report?.running_time ?? 0).toFixed(0).padStart(8),
    ];
    say(cells.join(' '));
  }
}

/**
 * A tool that finds nothing may be blind: it is shown a document that says more of a list than the
 * service does, and has to object.
 */
async function seesFault(program: string, folder: string, job: Job): Promise<boolean> {
  const document: Json = JSON.parse(readFileSync(join(folder, `${job.service}.json`), 'utf8'));
  const paths = Object.entries<Json>(document.paths);
  const [path = '', { get } = {}] = paths.find(([, of]) => of.get?.responses[200]) ?? [];
  get.responses[200].content['application/json'].schema = { required: ['planted'] };
  const planted = { ...job, service: `${job.service}-planted` };
  document.paths = { [path]: { get } };
  writeFileSync(join(folder, `${planted.service}.json`), JSON.stringify(document));
  return faultsOf(await schemathesis(program, folder, planted)) > 0;
}

async function all(program: string, wanted: string | undefined): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-schemathesis-'));
  const platform = await startPlatform(join(import.meta.dirname, 'start'));
  Object.assign(process.env, platform.addresses);
  const outcomes: Outcome[] = [];
  try {
    await raiseLimits();
    const contracts = (await allContracts()).filter(
      ({ service }) => wanted === undefined || service === wanted,
    );
    const jobs: Job[] = [];
    for (const contract of contracts) jobs.push(...(await jobsOf(contract, folder)));
    if (jobs[0] !== undefined && !(await seesFault(program, folder, jobs[0]))) {
      throw new Error('Schemathesis does not see a fault that was planted.');
    }
    const worker = async () => {
      for (let job = jobs.shift(); job !== undefined && !interrupted; job = jobs.shift()) {
        outcomes.push(await schemathesis(program, folder, job));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  } finally {
    await platform.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return outcomes.sort((one, other) => one.service.localeCompare(other.service));
}

const program = process.env.SCHEMATHESIS ?? '';
if (program === '') {
  say('skip - Schemathesis # SCHEMATHESIS names no program, since pip could not bring it');
} else {
  const outcomes = await all(program, process.argv[2]);
  tell(outcomes);
  const faults = outcomes.reduce((sum, outcome) => sum + faultsOf(outcome), 0);
  say(`\nSchemathesis: ${outcomes.length} runs, ${faults} faults`);
  process.exitCode = faults === 0 && outcomes.length > 0 && !interrupted ? 0 : 1;
}
