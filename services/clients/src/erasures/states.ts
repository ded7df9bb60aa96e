/** Why: the grounds of GDPR article 17(1), as a list, so that no text about the person stays. */
export const erasureReasons = [
  'asked_by_person',
  'consent_withdrawn',
  'no_longer_needed',
  'processed_unlawfully',
] as const;
