import { describe, expect, test } from '@jest/globals';
import { mayAllOf, type Role } from '@roundhouse/service/contract';
import fc from 'fast-check';
import { contrast, textColorOn } from '../src/tenants/brand.ts';
import { limitsOf, requireRoom } from '../src/tenants/plan.ts';
import {
  meantAmong,
  requireFreeSubdomain,
  requireSandboxable,
  sandboxSubdomain,
  subdomainOf,
} from '../src/tenants/tenant.ts';
import {
  change,
  deactivate,
  reactivate,
  requireWithin,
  type UserFacts,
} from '../src/users/user.ts';

const now = Temporal.Instant.from('2026-11-21T09:00:00Z');
const user = (changes: Partial<UserFacts> = {}): UserFacts => ({
  version: 1,
  first_name: 'Ann',
  last_name: 'Lee',
  roles: ['dispatcher'],
  token_version: 1,
  deactivated_at: null,
  ...changes,
});
const byOwner = { held: ['owner'], owners: 2 };
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'done';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('roles', () => {
  test.each([
    ['an owner makes an owner', ['owner'], ['dispatcher'], ['owner'], 'done'],
    ['an owner unmakes an owner', ['owner'], ['owner'], ['staff'], 'done'],
    ['an admin makes no owner', ['admin'], ['dispatcher'], ['owner'], 'role_not_grantable'],
    ['an admin unmakes no owner', ['admin'], ['owner'], ['staff'], 'role_not_grantable'],
    ['an admin makes an admin', ['admin'], ['dispatcher'], ['admin'], 'done'],
    ['an admin leaves an owner one', ['admin'], ['owner'], ['owner', 'staff'], 'done'],
    ['a machine makes no admin', [], ['dispatcher'], ['admin'], 'role_not_grantable'],
    ['a machine makes a dispatcher', [], ['staff'], ['dispatcher'], 'done'],
  ])('%s', (_, held, had, roles, outcome) => {
    const changing = () => change(user({ roles: had }), { roles }, { held, owners: 2 });
    expect(codeOf(changing)).toBe(outcome);
  });

  test.each([
    ['a role that may more', ['users:write'], ['sales'], [], 'role_not_grantable'],
    ['a role of which it lacks one', ['tenant:read'], ['staff'], [], 'role_not_grantable'],
    ['a role that may no more', ['tenant:read', 'bookings:read'], ['staff'], [], 'done'],
    ['a role that may nothing', ['users:write'], ['client'], [], 'done'],
    ['a role that was there', ['users:write'], ['sales', 'client'], ['sales'], 'done'],
    ['what a role may that may all', ['*'], ['admin'], [], 'role_not_grantable'],
  ] as const)('given by a machine: %s', (_, scopes, wanted, had, outcome) => {
    const asFarAs = (holder: Parameters<typeof mayAllOf>[0]) => (role: Role) =>
      mayAllOf(holder, role);
    const machine = { kind: 'machine' as const, scopes };
    expect(codeOf(() => requireWithin(asFarAs(machine), wanted, had))).toBe(outcome);
    const owner = { kind: 'user' as const, roles: ['owner' as const] };
    expect(codeOf(() => requireWithin(asFarAs(owner), wanted, had))).toBe('done');
  });

  test('that are others end the tokens of before, and the same ones do not', () => {
    const before = user({ roles: ['staff', 'sales'] });
    const same = change(before, { roles: ['sales', 'staff', 'staff'] }, byOwner);
    expect([same.token_version, same.version]).toEqual([1, 2]);
    expect(change(before, { roles: ['staff'] }, byOwner).token_version).toBe(2);
    expect(change(before, { first_name: 'Anna' }, byOwner).token_version).toBe(1);
  });

  test('of an inactive user come back only by whoever may give them', () => {
    const gone = user({ roles: ['owner'], deactivated_at: now });
    expect(codeOf(() => reactivate(gone, { held: ['admin'] }))).toBe('role_not_grantable');
    expect(reactivate(gone, { held: ['owner'] }).deactivated_at).toBeNull();
  });

  test('twice deactivated or reactivated is once', () => {
    const gone = deactivate(user(), byOwner, now);
    expect(deactivate(gone, byOwner, now)).toBe(gone);
    const back = reactivate(gone, byOwner);
    expect([back.token_version, reactivate(back, byOwner)]).toEqual([3, back]);
  });

  test('whatever is tried, a business keeps an active owner', () => {
    const attempt = fc.record({
      who: fc.nat(2),
      by: fc.nat(2),
      what: fc.constantFrom('own', 'serve', 'leave', 'return'),
    });
    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 30 }), (attempts) => {
        const people = [user({ roles: ['owner'] }), user({ roles: ['admin'] }), user()];
        const owners = () =>
          people.filter((one) => one.deactivated_at === null && one.roles.includes('owner')).length;
        for (const { who, by, what } of attempts) {
          const decision = { held: people[by]?.roles ?? [], owners: owners() };
          const one = people[who] as UserFacts;
          try {
            people[who] = {
              own: () => change(one, { roles: ['owner'] }, decision),
              serve: () => change(one, { roles: ['staff'] }, decision),
              leave: () => deactivate(one, decision, now),
              return: () => reactivate(one, decision),
            }[what]();
          } catch {
            // Refused: nobody has changed.
          }
          expect(owners()).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('a brand', () => {
  test('of any color has a text color that can be read on it', () => {
    const color = fc
      .integer({ min: 0, max: 0xff_ff_ff })
      .map((number) => `#${number.toString(16).padStart(6, '0')}`);
    fc.assert(fc.property(color, (one) => contrast(one, textColorOn(one)) >= 4.5));
  });

  test('is read as WCAG reckons', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
    expect([textColorOn('#ffee00'), textColorOn('#002244')]).toEqual(['#000000', '#ffffff']);
  });
});

describe('a plan', () => {
  const none = {
    users_granted: null,
    requests_per_minute_granted: null,
    machine_clients_granted: null,
  };

  test('gives its limits, and what was granted goes before them', () => {
    expect(limitsOf({ plan: 'standard', ...none }).requests_per_minute).toBe(30_000);
    expect(limitsOf({ plan: 'unlimited', ...none, users_granted: 5 })).toEqual({
      users: 5,
      requests_per_minute: null,
      machine_clients: null,
    });
  });

  test('is full at its last place, and unlimited never', () => {
    const small = { plan: 'standard' as const, ...none, users_granted: 2 };
    expect(codeOf(() => requireRoom(small, 'users', 1))).toBe('done');
    expect(codeOf(() => requireRoom(small, 'users', 2))).toBe('plan_limit_reached');
    const wide = { plan: 'unlimited' as const, ...none };
    expect(codeOf(() => requireRoom(wide, 'users', 1_000_000))).toBe('done');
  });
});

describe('a subdomain', () => {
  test.each([
    ['blue.roundhouse.example', 'blue'],
    ['Blue.Roundhouse.Example:8080', 'blue'],
    ['blue.localhost', 'blue'],
    ['localhost', undefined],
    ['127.0.0.1', undefined],
    ['', undefined],
  ])('of the host %j is %j', (host, subdomain) => {
    expect(subdomainOf(host)).toBe(subdomain);
  });

  test('of a sandbox is a label, and nobody can sign up for it', () => {
    const long = `${'a'.repeat(54)}-${'b'.repeat(8)}`;
    for (const name of ['blue', long]) {
      expect(sandboxSubdomain(name)).toMatch(/^[a-z0-9](-?[a-z0-9])*-sandbox$/);
      expect(sandboxSubdomain(name).length).toBeLessThanOrEqual(63);
      expect(codeOf(() => requireFreeSubdomain(sandboxSubdomain(name)))).toBe('subdomain_reserved');
    }
  });
});

describe('a sandbox', () => {
  const account = (name: string, sandbox_of: string | null, gone = false) => ({
    name,
    tenant: { sandbox_of },
    user: { deactivated_at: gone ? now : null },
  });

  test.each([
    ['goes after its business', [account('live', null), account('box', 'live')], ['live']],
    ['is found where it is alone', [account('box', 'live')], ['box']],
    [
      'is found where the business lets nobody in',
      [account('live', null, true), account('box', 'live')],
      ['box'],
    ],
    [
      'leaves two businesses a question',
      [account('one', null), account('two', null), account('box', 'one')],
      ['one', 'two'],
    ],
  ])('%s', (_, opened, meant) => {
    expect(meantAmong(opened).map(({ name }) => name)).toEqual(meant);
  });

  test('is opened by an owner, and not within itself', () => {
    const live = { sandbox_of: null };
    expect(codeOf(() => requireSandboxable(live, ['admin']))).toBe('owner_needed');
    expect(codeOf(() => requireSandboxable({ sandbox_of: 'live' }, ['owner']))).toBe('is_sandbox');
    expect(codeOf(() => requireSandboxable(live, ['owner']))).toBe('done');
  });
});
