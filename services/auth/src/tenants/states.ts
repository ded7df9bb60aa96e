/** What a business has bought; a sandbox has its own. */
export const planNames = ['sandbox', 'standard', 'unlimited'] as const;
export type PlanName = (typeof planNames)[number];
