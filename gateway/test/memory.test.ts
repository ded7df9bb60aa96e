import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { findFreePort } from '../conformance/ports.ts';
import { Cleanup, oneService, startService } from './support.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const MEGABYTE = 2 ** 20;
const BODY_BYTES = 100 * MEGABYTE;
/** Some 60 MB are what the collector has not come to; one body kept as a whole goes beyond. */
const GROWTH_BYTES = 125 * MEGABYTE;
const cleanup = new Cleanup();

afterEach(() => cleanup.run());

const sizeLimit = (megabytes: number) => ({
  name: 'request-size-limiting',
  config: { allowed_payload_size: megabytes, size_unit: 'megabytes' },
});

/** A gateway in a process of its own: one route for large bodies, and 1 MB everywhere else. */
async function startProcess(service: number): Promise<{ port: number; pid: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  cleanup.add(() => rmSync(folder, { recursive: true }));
  const routes = [
    { name: 'large', paths: ['/large'], plugins: [sizeLimit(100)] },
    { name: 'small', paths: ['/small'] },
  ];
  const path = join(folder, 'kong.yml');
  writeFileSync(path, oneService({ routes }, { plugins: [sizeLimit(1)] }));
  const port = await findFreePort();
  const child = spawn(process.execPath, [MAIN], {
    env: {
      GATEWAY_CONFIG: path,
      GATEWAY_PORT: String(port),
      GATEWAY_UPSTREAMS: `service:3000=127.0.0.1:${service}`,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanup.add(() => child.kill('SIGKILL'));
  let output = '';
  while (!output.includes('"listening"')) output += (await once(child.stdout, 'data'))[0];
  child.stdout.resume();
  return { port, pid: child.pid as number };
}

/** What a process has in memory now. */
function residentBytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kilobytes = existsSync(status)
    ? /VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString();
  return Number(kilobytes) * 1024;
}

/** The most that a process had in memory while something was done, beyond what it had before. */
async function growth(pid: number, work: () => Promise<unknown>): Promise<number> {
  const before = residentBytes(pid);
  let peak = before;
  const watching = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, 20);
  await work().finally(() => clearInterval(watching));
  return peak - before;
}

function* bodyOf(bytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(MEGABYTE / 4, 'b');
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk.subarray(0, bytes - sent);
}

const hashOf = (bytes: number) => {
  const hash = createHash('sha256');
  for (const chunk of bodyOf(bytes)) hash.update(chunk);
  return hash.digest('hex');
};

async function readHash(body: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk);
  return hash.digest('hex');
}

/** Gives what it is asked for, in chunks or with a length, and says the hash of what it gets. */
function startBulk(): Promise<number> {
  return startService(cleanup, async (incoming, response) => {
    if (incoming.method === 'PUT') {
      // One that is cut off ends without its end.
      const hash = await readHash(incoming).catch(() => 'cut off');
      return void response.end(hash);
    }
    const length = incoming.url === '/chunked' ? {} : { 'Content-Length': BODY_BYTES };
    response.writeHead(200, length);
    await pipeline(Readable.from(bodyOf(BODY_BYTES)), response);
  });
}

async function upload(port: number, path: string, { bytes = BODY_BYTES, chunked = false }) {
  const headers = chunked ? {} : { 'Content-Length': bytes };
  const sending = request({ port, host: '127.0.0.1', path, method: 'PUT', agent: false, headers });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  // An answer may come first, and Node's client then stops sending.
  pipeline(Readable.from(bodyOf(bytes)), sending).catch(() => undefined);
  const [response] = await answered;
  const text = (await response.toArray()).join('');
  sending.destroy();
  return { status: response.statusCode, text };
}

async function download(port: number, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return readHash(response.body as unknown as AsyncIterable<Buffer>);
}

test('four bodies of 100 MB at once pass with flat memory, both ways, chunked or not', async () => {
  const { port, pid } = await startProcess(await startBulk());
  await upload(port, '/large/x', { bytes: MEGABYTE });
  const hash = hashOf(BODY_BYTES);
  const grown = await growth(pid, async () => {
    const sent = Promise.all([
      upload(port, '/large/x', {}),
      upload(port, '/large/x', { chunked: true }),
    ]);
    const got = Promise.all([download(port, '/large/x'), download(port, '/large/chunked')]);
    expect((await sent).map(({ status, text }) => [status, text])).toEqual([
      [200, hash],
      [200, hash],
    ]);
    expect(await got).toEqual([hash, hash]);
  });
  process.stdout.write(`4 x 100 MB: ${Math.round(grown / MEGABYTE)} MB more in memory\n`);
  expect(grown).toBeLessThan(GROWTH_BYTES);
}, 240_000);

test('one byte more than the route allows is a 413, declared or not', async () => {
  const { port } = await startProcess(await startBulk());
  const bytes = BODY_BYTES + 1;
  for (const chunked of [false, true]) {
    expect(await upload(port, '/large/x', { bytes, chunked })).toMatchObject({ status: 413 });
  }
  expect(await upload(port, '/small/x', { bytes: 2 * MEGABYTE })).toMatchObject({ status: 413 });
}, 240_000);
