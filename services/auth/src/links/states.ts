/** What a user can be sent a link for. */
export type AccountLinkKind = 'reset' | 'verification';
