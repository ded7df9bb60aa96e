import { audit, type Database, type TenantTransaction } from '@roundhouse/database';
import { conflict } from '@roundhouse/errors';
import type { Context, Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import type { Sealing } from '../sealing.ts';
import { requireOwnPassword } from '../sessions/credentials.ts';
import type { Throttle } from '../throttle/throttle.ts';
import { codeAttempt } from './attempt.ts';
import * as check from './check.ts';
import { codeWrong, readCode } from './code.ts';
import * as store from './store.ts';
import { newSecret, uriOf } from './totp.ts';

export interface SecondFactorDependencies {
  database: Database;
  sealing: Sealing;
  throttle: Throttle;
}

type Names =
  | 'getSecondFactor'
  | 'enrollSecondFactor'
  | 'confirmSecondFactor'
  | 'drawRecoveryCodes'
  | 'disableSecondFactor';

type Asked = Pick<Context, 'tenant' | 'caller'>;

export function secondFactorHandlers(
  dependencies: SecondFactorDependencies,
): Pick<Handlers<typeof contract>, Names> {
  const { sealing, throttle } = dependencies;

  /** Counts, then does the work if the code is right; what `work` writes is committed with it. */
  const withCode = async <T>(
    { tenant, caller }: Asked,
    judge: (tx: TenantTransaction, factor: store.SecondFactor) => Promise<boolean>,
    work: (tx: TenantTransaction) => T,
  ): Promise<T> => {
    const attempt = codeAttempt(caller.user_id);
    await throttle.require(tenant, attempt);
    const done = await tenant.transaction(async (tx) => {
      const factor = await store.lockFactor(tx, caller.user_id);
      if (!(await judge(tx, factor))) throw codeWrong();
      return work(tx);
    });
    await throttle.succeed(tenant, [attempt]);
    return done;
  };

  const asTrail = (tx: TenantTransaction, action: string, user_id: string) =>
    audit(tx, { action, subject_type: 'user', subject_id: user_id });

  /** What takes the password and a code: a stolen token alone must not be enough. */
  const withPasswordAndCode = async <T>(
    asked: Asked,
    { current_password, code }: { current_password: string; code: string },
    work: (tx: TenantTransaction) => T,
  ): Promise<T> => {
    await requireOwnPassword(dependencies, asked, current_password);
    const judge = (tx: TenantTransaction, factor: store.SecondFactor) =>
      check.takeCode(tx, sealing, factor, code);
    return withCode(asked, judge, work);
  };

  return {
    getSecondFactor: async (_, { tenant, caller }) =>
      tenant.read((tx) => store.findState(tx, tenant.id, caller.user_id)),

    enrollSecondFactor: async ({ body }, asked) => {
      const { tenant, caller } = asked;
      const { email } = await requireOwnPassword(dependencies, asked, body.current_password);
      const of = { tenant_id: tenant.id, user_id: caller.user_id };
      const secret = newSecret();
      await tenant.transaction(async (tx) => {
        await store.insertFactor(tx, of.user_id, check.sealSecret(sealing, secret, of));
        asTrail(tx, 'enrollSecondFactor', of.user_id);
      });
      return { secret, uri: uriOf(secret, email) };
    },

    confirmSecondFactor: async ({ body }, asked) => {
      const { user_id } = asked.caller;
      const judge = async (tx: TenantTransaction, factor: store.SecondFactor) => {
        if (factor.confirmed_at !== null) {
          throw conflict('second_factor_active', 'The second factor is confirmed already.');
        }
        const code = readCode(body.code);
        const step =
          code.kind === 'totp' ? check.goodStep(tx, sealing, factor, code.text) : undefined;
        if (step !== undefined) store.confirmFactor(tx, user_id, step);
        return step !== undefined;
      };
      return withCode(asked, judge, (tx) => {
        asTrail(tx, 'confirmSecondFactor', user_id);
        return { recovery_codes: check.drawRecoveryCodes(tx, sealing, user_id) };
      });
    },

    drawRecoveryCodes: async ({ body }, asked) => {
      const { user_id } = asked.caller;
      return withPasswordAndCode(asked, body, (tx) => {
        asTrail(tx, 'drawRecoveryCodes', user_id);
        return { recovery_codes: check.drawRecoveryCodes(tx, sealing, user_id) };
      });
    },

    disableSecondFactor: async ({ body }, asked) => {
      const { user_id } = asked.caller;
      return withPasswordAndCode(asked, body, (tx) => {
        store.deleteFactor(tx, user_id);
        asTrail(tx, 'disableSecondFactor', user_id);
        return { confirmed_at: null, recovery_codes_left: 0 };
      });
    },
  };
}
