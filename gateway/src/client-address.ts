import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Whose word on a client's address is taken, as CIDRs or single addresses; throws for others. */
export function trustedProxies(text: string): BlockList | undefined {
  const entries = text.split(',').filter((entry) => entry !== '');
  if (entries.length === 0) return undefined;
  const trusted = new BlockList();
  for (const entry of entries) {
    const [address = '', bits, ...rest] = entry.split('/');
    const family = familyOf(address);
    const longest = family === 'ipv4' ? 32 : 128;
    const prefix = bits === undefined ? longest : Number(bits || Number.NaN);
    if (family === undefined || rest.length > 0 || !(prefix >= 0 && prefix <= longest)) {
      throw new Error(`${entry} is not an address or a CIDR`);
    }
    trusted.addSubnet(address, prefix, family);
  }
  return trusted;
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

/**
 * Whom a request comes from. Behind proxies that we trust it is the last address of
 * `X-Forwarded-For` that is none of theirs: what stands before it the client may have made up. As
 * nginx' `real_ip_recursive` has it, whose word ends where the list makes no sense.
 */
export function clientAddress(request: IncomingMessage, trusted: BlockList | undefined): string {
  const peer = request.socket.remoteAddress ?? '';
  if (trusted === undefined) return peer;
  // Node joins several lines of it in their order.
  const { 'x-forwarded-for': list = '' } = request.headers as Record<string, string>;
  const told = list.split(',').map((entry) => entry.trim());
  let address = peer;
  for (;;) {
    const family = familyOf(address);
    if (family === undefined || !trusted.check(address, family)) return address;
    const before = told.pop();
    if (before === undefined || familyOf(before) === undefined) return address;
    address = before;
  }
}
