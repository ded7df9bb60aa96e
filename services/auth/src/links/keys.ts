import { z } from 'zod';
import type { LinkKeys } from './link.ts';

const key = z.string().min(32);

/** The keys that links are sealed with, as the environment has them. */
export const linkKeyConfig = {
  INVITATION_LINK_KEY: key,
  RESET_LINK_KEY: key,
  VERIFICATION_LINK_KEY: key,
};

export const linkKeysOf = (config: Record<keyof typeof linkKeyConfig, string>): LinkKeys => ({
  invitation: config.INVITATION_LINK_KEY,
  reset: config.RESET_LINK_KEY,
  verification: config.VERIFICATION_LINK_KEY,
});
