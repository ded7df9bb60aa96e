import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  change,
  goodHashes,
  narrow,
  requireScopes,
  revoke,
  rotate,
} from '../src/machine-clients/machine-client.ts';
import { clientOf } from '../src/oauth/client-credentials.ts';
import { hashQueue } from '../src/passwords/hash-queue.ts';
import { sealing } from '../src/sealing.ts';
import { readCode, recoveryCodeOf } from '../src/second-factor/code.ts';
import { stepOf } from '../src/second-factor/totp.ts';
import { judgeRefreshToken, shortUserAgent } from '../src/sessions/session.ts';
import { addressGroup } from '../src/throttle/limits.ts';

const now = Temporal.Instant.from('2026-11-21T09:00:00Z');
const later = (seconds: number) => now.add({ seconds });

describe('a refresh token is judged', () => {
  const token = { expires_at: later(1_000), used_at: null, ended_at: null };
  test.each([
    ['good', 'unused', {}],
    ['refused', 'expired', { expires_at: now }],
    ['refused', 'of an ended session', { ended_at: now }],
    ['again', 'used ten seconds ago', { used_at: later(-10) }],
    ['stolen', 'used eleven seconds ago', { used_at: later(-11) }],
    ['refused', 'used, of an ended session', { used_at: later(-11), ended_at: now }],
  ])('%s, %s', (verdict, _, changes) => {
    expect(judgeRefreshToken({ ...token, ...changes }, now)).toBe(verdict);
  });
});

test('a user agent is shortened, and says nothing where it is empty', () => {
  expect(shortUserAgent('curl/8.9\n')).toBe('curl/8.9');
  expect(shortUserAgent('x'.repeat(500))).toHaveLength(120);
  expect([shortUserAgent(' \t'), shortUserAgent(null)]).toEqual([null, null]);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:0:1:aaaa::1', '2001:db8:0:1'],
  ['2001:0db8::1:0:0:1:2', '2001:db8:0:1'],
  ['2001:DB8:0:1:2:3:4:5', '2001:db8:0:1'],
  ['::1', '0:0:0:0'],
  [null, 'unknown'],
])('the address %s counts as %s', (address, group) => {
  expect(addressGroup(address)).toBe(group);
});

describe('a code', () => {
  test.each([
    ['123 456', { kind: 'totp', text: '123456' }],
    ['abcd-efgh-jkmn-pqrs', { kind: 'recovery', text: 'ABCDEFGHJKMNPQRS' }],
    ['oilz-0000-0000-0000', { kind: 'recovery', text: '011Z000000000000' }],
    ['12345', { kind: 'none' }],
    ['uuuu-uuuu-uuuu-uuuu', { kind: 'none' }],
  ])('typed as %s is read', (typed, code) => {
    expect(readCode(typed)).toEqual(code);
  });

  test('for recovery reads back as it was drawn', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const drawn = recoveryCodeOf(bytes);
        expect(readCode(drawn)).toEqual({ kind: 'recovery', text: drawn.replaceAll('-', '') });
      }),
    );
  });

  // RFC 6238, appendix B: the secret is the ASCII text 12345678901234567890, as base32.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  const at = (seconds: number) => Temporal.Instant.fromEpochMilliseconds(seconds * 1_000);
  test.each([
    [59, '287082', 1],
    [1_111_111_109, '081804', 37_037_036],
    [1_234_567_890, '005924', 41_152_263],
    [20_000_000_000, '353130', 666_666_666],
  ])('of RFC 6238 at %i is good', (seconds, code, step) => {
    expect(stepOf({ secret, last_step: null }, code, at(seconds))).toBe(step);
  });

  test('is good one step early or late, and no more', () => {
    const step = 37_037_036;
    const late = (steps: number) =>
      stepOf({ secret, last_step: null }, '081804', at((step + steps) * 30 + 15));
    expect([-2, -1, 0, 1, 2].map(late)).toEqual([undefined, step, step, step, undefined]);
  });

  test('is good once: not at its own step again, nor before', () => {
    const used = (last_step: number) => stepOf({ secret, last_step }, '081804', at(1_111_111_109));
    expect([37_037_035, 37_037_036, 37_037_037].map(used)).toEqual([
      37_037_036,
      undefined,
      undefined,
    ]);
  });
});

describe('what is sealed', () => {
  const own = sealing('one secret of these tests');
  test('opens for whom it was sealed, and for nobody and nothing else', () => {
    const sealed = own.seal('factor', Buffer.from('text'), 'row 1');
    expect(own.open('factor', sealed, 'row 1').toString()).toBe('text');
    expect(() => own.open('factor', sealed, 'row 2')).toThrow();
    expect(() => own.open('other', sealed, 'row 1')).toThrow();
    expect(() => sealing('another secret').open('factor', sealed, 'row 1')).toThrow();
    sealed[15] = (sealed[15] ?? 0) ^ 1;
    expect(() => own.open('factor', sealed, 'row 1')).toThrow();
  });
});

describe('a machine client', () => {
  const client = {
    ...{ version: 1, name: 'Partner', scopes: ['clients:read'], token_version: 1 },
    ...{ updated_at: now, revoked_at: null, secret_hash: Buffer.from('1'), secret_prefix: 'r1' },
    previous_secret_hash: null,
    previous_secret_prefix: null,
    previous_secret_expires_at: null,
  };
  const code = (work: () => unknown) => {
    try {
      work();
      return undefined;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test('gets what its maker has, of what there is for machines', () => {
    const mine = (permission: string) => permission === 'clients:read';
    expect(code(() => requireScopes(['clients:read'], mine))).toBeUndefined();
    expect(code(() => requireScopes(['clients:write'], mine))).toBe('scope_not_grantable');
    for (const scope of ['*', 'clients', 'clients:*', 'me:write', 'clients:read clients:write']) {
      expect(code(() => requireScopes([scope], () => true))).toBe('scope_unknown');
    }
  });

  test('has other tokens after other scopes, and the same ones after another name', () => {
    expect(change(client, { name: 'P' }, now).token_version).toBe(1);
    expect(change(client, { scopes: ['clients:write'] }, now).token_version).toBe(2);
  });

  test('has two secrets for the overlap, and never a third', () => {
    const next = (hash: string) => ({ hash: Buffer.from(hash), prefix: `r${hash}` });
    const second = rotate(client, next('2'), { overlap_hours: 24, now });
    const hashes = (of: typeof client, at: Temporal.Instant) => goodHashes(of, at).map(String);
    expect(hashes(second as never, now)).toEqual(['2', '1']);
    expect(hashes(second as never, now.add({ hours: 24 }))).toEqual(['2']);
    const third = rotate(second, next('3'), { overlap_hours: 1, now });
    expect(hashes(third as never, now)).toEqual(['3', '2']);
    expect(hashes(rotate(third, next('4'), { overlap_hours: 0, now }) as never, now)).toEqual([
      '4',
    ]);
  });

  test('is revoked for good, and once', () => {
    const revoked = revoke(client, now);
    expect([revoked.token_version, goodHashes(revoked, now)]).toEqual([2, []]);
    expect(revoke(revoked, later(1))).toBe(revoked);
    expect(code(() => change(revoked, { name: 'P' }, now))).toBe('machine_client_revoked');
    const rotated = () =>
      rotate(revoked, { hash: Buffer.from('2'), prefix: '' }, { overlap_hours: 1, now });
    expect(code(rotated)).toBe('machine_client_revoked');
  });

  test('gets the scopes that it asks for, and has', () => {
    const held = ['a:read', 'b:read'];
    expect(narrow(held, undefined)).toEqual(held);
    expect(narrow(held, 'b:read b:read')).toEqual(['b:read']);
    expect([narrow(held, 'c:read'), narrow(held, ' ')]).toEqual([undefined, undefined]);
  });
});

describe('the credentials of a client', () => {
  const id = '019a6f5e-0000-7000-8000-000000000001';
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  const known = { client_id: id, client_secret: 's/+ ü' };
  const read = (authorization: string | undefined, body: object = {}) => {
    try {
      return clientOf(authorization, body);
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test('stand form-encoded in the header, or in the body', () => {
    expect(read(basic(`${id}:s%2F%2B+%C3%BC`))).toEqual(known);
    expect(read(undefined, known)).toEqual(known);
    expect(read(basic(`${id}:s%2F%2B+%C3%BC`), { client_id: id })).toEqual(known);
  });

  test.each([
    ['invalid_client', undefined, {}],
    ['invalid_client', undefined, { client_id: id }],
    ['invalid_client', undefined, { client_id: "' OR 1=1", client_secret: 's' }],
    ['invalid_client', 'Bearer abc', {}],
    ['invalid_client', 'Basic !', {}],
    ['invalid_client', 'Basic a', {}],
    ['invalid_client', basic('no-colon'), {}],
    ['invalid_client', basic(`${id}:%zz`), {}],
    ['invalid_request', basic(`${id}:s`), { client_secret: 's' }],
    ['invalid_request', basic(`${id}:s`), { client_id: 'another' }],
  ])('are refused as %s', (code, authorization, body) => {
    expect(read(authorization, body)).toBe(code);
  });
});

describe('the queue of hashes', () => {
  const held = () => {
    const open: (() => void)[] = [];
    return { work: () => new Promise<void>((resolve) => open.push(resolve)), open };
  };

  test('runs so many at once, in order, and sends away whoever finds it full', async () => {
    const queue = hashQueue({ at_once: 2, waiting: 2, longest_wait_ms: 60_000 });
    const { work, open } = held();
    const runs = [1, 2, 3, 4].map(() => queue.run(work));
    expect(open).toHaveLength(2);
    await expect(queue.run(work)).rejects.toMatchObject({ kind: 'unavailable', code: 'busy' });
    expect(() => queue.requireRoom()).toThrow();
    open[0]?.();
    await runs[0];
    expect(open).toHaveLength(3);
    queue.requireRoom();
    open[1]?.();
    open[2]?.();
    await runs[2];
    expect(open).toHaveLength(4);
    open[3]?.();
    await Promise.all(runs);
    await queue.run(async () => undefined);
  });

  test('sends away whoever has waited too long, and keeps his place for nobody', async () => {
    const queue = hashQueue({ at_once: 1, waiting: 5, longest_wait_ms: 1 });
    const { work, open } = held();
    const first = queue.run(work);
    await expect(queue.run(work)).rejects.toMatchObject({ code: 'busy' });
    open[0]?.();
    await first;
    expect(await queue.run(async () => 'free')).toBe('free');
  });

  test('goes on after a work that failed', async () => {
    const queue = hashQueue({ at_once: 1, waiting: 5, longest_wait_ms: 60_000 });
    await expect(queue.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await queue.run(async () => 'free')).toBe('free');
  });
});
