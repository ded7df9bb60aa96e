import { providersBook, wrongBalances, wrongCharges } from '../../../scripts/verify-state.ts';
import type { Line } from '../verdict.ts';

const PATIENCE_MS = 30_000;

export const line: Line = {
  column: 'provider',
  place: 7,
  sentence: "the provider's own book tells the same as ours",
  judge: async ({ platform }) => {
    const book = await providersBook(String(platform.addresses.STRIPE_ADMIN_URL), PATIENCE_MS);
    const charges = book.accounts.flatMap((account) => account.charges);
    const wrong = [
      ...(await wrongBalances(platform.rows, book)),
      ...(await wrongCharges(platform.rows, book)),
    ];
    return { figure: `${charges.length} charges`, wrong };
  },
};
