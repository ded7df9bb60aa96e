/** Who books, who rides and who pays need not be one person. */
export const contactRoles = ['booking', 'passenger', 'billing'] as const;
export const channels = ['email', 'sms', 'phone'] as const;
