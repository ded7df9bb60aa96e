import { z } from 'zod';

export const LinkParams = z.object({ token: z.string().regex(/^[\w-]{70}$/) });

/** All that a link tells before it is used. */
export const LinkState = z.object({ usable: z.boolean() }).meta({ id: 'LinkState' });

/** Said to everybody alike, whatever is known of the e-mail. */
export const Accepted = z.object({ status: z.literal('accepted') }).meta({ id: 'Accepted' });
