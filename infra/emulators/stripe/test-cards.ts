import { missing, notEmulated } from './errors.ts';

export type Decline = {
  code: string;
  decline_code: string;
  message: string;
  advice_code?: 'confirm_card_data' | 'do_not_try_again' | 'try_again_later';
  param?: string;
  /** Stopped by fraud rules before the bank was asked. */
  blocked?: true;
};

export type TestCard = {
  brand: string;
  last4: string;
  funding?: 'debit' | 'prepaid';
  country?: string;
  /** Funds can be paid out at once instead of after two days. */
  bypasses_pending?: true;
  decline?: Decline;
};

const DECLINED = 'Your card was declined.';

const GENERIC: Decline = {
  code: 'card_declined',
  decline_code: 'generic_decline',
  advice_code: 'try_again_later',
  message: DECLINED,
};

const FRAUDULENT: Decline = {
  code: 'card_declined',
  decline_code: 'fraudulent',
  message: DECLINED,
  blocked: true,
};

/** What Stripe's own test ids do (docs.stripe.com/testing). */
const CARDS: Record<string, TestCard> = {
  pm_card_visa: { brand: 'visa', last4: '4242' },
  pm_card_visa_debit: { brand: 'visa', last4: '5556', funding: 'debit' },
  pm_card_mastercard: { brand: 'mastercard', last4: '4444' },
  pm_card_mastercard_debit: { brand: 'mastercard', last4: '3222', funding: 'debit' },
  pm_card_mastercard_prepaid: { brand: 'mastercard', last4: '5100', funding: 'prepaid' },
  pm_card_amex: { brand: 'amex', last4: '8431' },
  pm_card_discover: { brand: 'discover', last4: '1117' },
  pm_card_diners: { brand: 'diners', last4: '0004' },
  pm_card_jcb: { brand: 'jcb', last4: '0505' },
  pm_card_unionpay: { brand: 'unionpay', last4: '0005' },
  pm_card_bypassPending: { brand: 'visa', last4: '0077', bypasses_pending: true },
  pm_card_bypassPendingInternational: {
    brand: 'visa',
    last4: '0278',
    country: 'BR',
    bypasses_pending: true,
  },
  pm_card_chargeDeclined: { brand: 'visa', last4: '0002', decline: GENERIC },
  pm_card_visa_chargeDeclined: { brand: 'visa', last4: '0002', decline: GENERIC },
  pm_card_chargeCustomerFail: { brand: 'visa', last4: '0341', decline: GENERIC },
  pm_card_visa_chargeDeclinedInsufficientFunds: declined('9995', {
    code: 'card_declined',
    decline_code: 'insufficient_funds',
    advice_code: 'try_again_later',
    message: 'Your card has insufficient funds.',
  }),
  pm_card_visa_chargeDeclinedLostCard: declined('9987', {
    ...GENERIC,
    decline_code: 'lost_card',
    advice_code: 'do_not_try_again',
  }),
  pm_card_visa_chargeDeclinedStolenCard: declined('9979', {
    ...GENERIC,
    decline_code: 'stolen_card',
    advice_code: 'do_not_try_again',
  }),
  pm_card_chargeDeclinedExpiredCard: declined('0069', {
    code: 'expired_card',
    decline_code: 'expired_card',
    advice_code: 'confirm_card_data',
    param: 'exp_month',
    message: 'Your card has expired.',
  }),
  pm_card_chargeDeclinedIncorrectCvc: declined('0127', {
    code: 'incorrect_cvc',
    decline_code: 'incorrect_cvc',
    advice_code: 'confirm_card_data',
    param: 'cvc',
    message: "Your card's security code is incorrect.",
  }),
  pm_card_chargeDeclinedProcessingError: declined('0119', {
    code: 'processing_error',
    decline_code: 'processing_error',
    advice_code: 'try_again_later',
    message: 'An error occurred while processing your card. Try again in a little bit.',
  }),
  pm_card_visa_chargeDeclinedVelocityLimitExceeded: declined('6975', {
    code: 'card_declined',
    decline_code: 'card_velocity_exceeded',
    message: 'Your card was declined for making repeated attempts too frequently.',
  }),
  pm_card_chargeDeclinedFraudulent: declined('0019', FRAUDULENT),
  pm_card_radarBlock: declined('0019', FRAUDULENT),
};

/** Test ids that need what is not emulated yet: authentication, disputes, refunds. */
const GAPS =
  /^pm_card_(authentication|threeDSecure|createDispute|createIssuer|pendingRefund|refundFail)/;

/** The card behind a test id; Stripe's other test ids are refused as our gap, not as unknown. */
export function testCard(test_id: string): TestCard {
  const card = Object.hasOwn(CARDS, test_id) ? CARDS[test_id] : undefined;
  if (card !== undefined) return card;
  if (GAPS.test(test_id)) throw notEmulated(`the test card ${test_id}`);
  throw missing('PaymentMethod', test_id, 'payment_method', 400);
}

function declined(last4: string, decline: Decline): TestCard {
  return { brand: 'visa', last4, decline };
}
