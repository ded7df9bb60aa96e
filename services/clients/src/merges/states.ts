/** What both clients may have, so that one of the two values is to be chosen. */
export const mergeFields = [
  'name',
  'email',
  'phone',
  'time_zone',
  'locale',
  'external_id',
  'custom_fields',
] as const;
