import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { invalid } from '@roundhouse/errors';
import { dictionary } from '@zxcvbn-ts/language-common';
import { hashQueue } from './hash-queue.ts';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const TAG_BYTES = 32;
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([\w+/]+)\$([\w+/]+)$/;

const hash = promisify(argon2);
/** As the contract has it for a new password: of the 49,000 common ones 1,600 are that long. */
const SHORTEST = 10;
const common = new Set<string>(
  (dictionary.passwords as string[]).filter((password) => password.length >= SHORTEST),
);

/** libuv's threads, on which a hash runs; more than the cores would only share them. */
const THREADS = 4;
/** With some 40 hashes/s on two busy cores whoever is last is served in five seconds. */
const queue = hashQueue({
  at_once: Math.min(availableParallelism(), THREADS),
  waiting: 200,
  longest_wait_ms: 10_000,
});

/** Refuses where a hash would be refused: 503 `busy`. */
export const requireRoomToHash = queue.requireRoom;

const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');

const derive = (password: string, nonce: Buffer, memory: number, passes: number) =>
  queue.run(() =>
    hash('argon2id', {
      message: password.normalize('NFKC'),
      nonce,
      memory,
      passes,
      parallelism: 1,
      tagLength: TAG_BYTES,
    }),
  );

/** The hash of a password, as a PHC string that carries its own parameters. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await derive(password, nonce, MEMORY_KIB, PASSES);
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${base64(nonce)}$${base64(tag)}`;
}

/** Compares with the work of a real check also where there is no account to compare with. */
export async function verifyPassword(stored: string | undefined, password: string) {
  const [, memory, passes, nonce = '', tag = ''] = PHC.exec(stored ?? NOBODYS) ?? [];
  const nonceBytes = Buffer.from(nonce, 'base64');
  const derived = await derive(password, nonceBytes, Number(memory), Number(passes));
  return timingSafeEqual(derived, Buffer.from(tag, 'base64')) && stored !== undefined;
}

/** Has the form of a hash, and is that of no password that anybody knows. */
const NOBODYS =
  `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1` +
  `$${base64(randomBytes(16))}$${base64(randomBytes(TAG_BYTES))}`;

/** Refuses what attackers try first (NIST SP 800-63B-4, 3.1.1.2). */
export function requireUncommon(password: string): void {
  if (!common.has(password.toLowerCase())) return;
  throw invalid('password_too_common', '/password', 'This password is among the most common ones.');
}
