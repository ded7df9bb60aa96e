export const kinds = ['person', 'company'] as const;
/** Whether new work may be taken on for the client. */
export const statuses = ['active', 'barred'] as const;
