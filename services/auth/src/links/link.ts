import { notFound } from '@roundhouse/errors';
import { type Link, openLink, sealLink } from '@roundhouse/service/links';

/** What a link lets its holder do, and where it leads. */
const PATHS = {
  invitation: 'invitations',
  reset: 'resets',
  verification: 'verifications',
};
export type LinkKind = keyof typeof PATHS;

/** One key for each kind; a link is derived when it is needed, and never stored, logged or told. */
export type LinkKeys = Record<LinkKind, string>;

/** `public_url` is the gateway's address with `/api/v1`, as people reach it. */
export const linkUrl = (keys: LinkKeys, public_url: string, kind: LinkKind, link: Link): string =>
  `${public_url}/auth/public/${PATHS[kind]}/${sealLink(keys[kind], kind, link)}`;

/** What nobody has sealed is nothing that exists. */
export function openedLink(keys: LinkKeys, kind: LinkKind, token: string): Link {
  const link = openLink(keys[kind], kind, token);
  if (link === undefined) throw notFound('link');
  return link;
}
