/** More than the edge's limit on public routes lets one address ask; it counts by address. */
const ADDRESSES = 64;
let turn = 0;

/** The loopback address to call from, in turn. */
export function nextAddress(): string {
  turn = (turn + 1) % ADDRESSES;
  return `127.77.0.${turn + 1}`;
}
