import { parse, stringify } from 'yaml';

/** What deck asks of a credential although an RS256 one has no use for it. */
const UNUSED_SECRET = 'unused';

interface Consumer {
  username: string;
  jwt_secrets?: Record<string, unknown>[];
}

/**
 * A kong.yml in deck's dialect. That one knows neither `_ignore` nor `_comment`, and asks for a
 * secret of each JWT credential; all else is as it is.
 */
export function deckForm(kong: string): string {
  const { _ignore, _comment, consumers = [], ...rest } = parse(kong, { version: '1.1' });
  const withSecrets = (consumers as Consumer[]).map(({ jwt_secrets = [], ...consumer }) => ({
    ...consumer,
    jwt_secrets: jwt_secrets.map((secret) => ({ ...secret, secret: UNUSED_SECRET })),
  }));
  return stringify({ ...rest, consumers: withSecrets }, { aliasDuplicateObjects: false });
}
