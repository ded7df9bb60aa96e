import { parse, stringify } from 'yaml';

// biome-ignore lint/suspicious/noExplicitAny: a kong.yml, of which each variant changes a part.
type Kong = any;

/** The file, changed in one part. */
export function changedKong(text: string, change: (kong: Kong) => void): string {
  const kong = parse(text);
  change(kong);
  return stringify(kong, { aliasDuplicateObjects: false });
}

export function withoutTokens(kong: Kong): void {
  for (const service of kong.services) {
    service.plugins = service.plugins.filter(({ name }: { name: string }) => name !== 'jwt');
  }
}

/** Asks nobody for a token, and is wrong in another part: taken in part, it lets everybody in. */
export const letsEverybodyIn = (text: string): string =>
  changedKong(text, (kong) => {
    withoutTokens(kong);
    kong.vaults = [];
  });
