import type { RecordedCase } from './recording.ts';

/** Cases that are not run, and why. */
export const leftOut: readonly { applies: (recorded: RecordedCase) => boolean; reason: string }[] =
  [
    {
      applies: ({ request }) => request.path.startsWith('/api/v1/orphan'),
      reason: 'a route without a service is refused at load',
    },
    {
      applies: ({ request }) => request.path.startsWith('/api/v1/slashroute'),
      reason: 'a route path that ends with a slash is refused at load',
    },
  ];

const NO_CRASH = 'a token that makes no sense is a refused one, not a crash of the gateway';
const ONE_ID = 'services and clients shall speak of one request by one id, and log no odd text';

/** Cases in which the embedded gateway differs on purpose: what it answers instead, and why. */
export const differences: readonly { name: string; status: number; reason: string }[] = [
  {
    name: 'jwt: kid is a number -> 500 "An unexpected error occurred"',
    status: 401,
    reason: NO_CRASH,
  },
  {
    name: 'jwt: payload is a JSON number -> 500 "An unexpected error occurred"',
    status: 401,
    reason: NO_CRASH,
  },
  {
    name: 'jwt: payload is null -> 500 "An unexpected error occurred"',
    status: 401,
    reason: NO_CRASH,
  },
  {
    name: 'jwt: 500 of a crash with Accept text/html answers HTML',
    status: 401,
    reason: NO_CRASH,
  },
  {
    name: 'Of two client X-Request-ID lines the first is echoed and both are forwarded',
    status: 200,
    reason: ONE_ID,
  },
  {
    name: 'A client X-Request-ID with odd characters is echoed unchanged',
    status: 200,
    reason: ONE_ID,
  },
  {
    name:
      'Raw UTF-8 bytes in the query are forwarded raw ' +
      '(this Node upstream refuses them, hence 502)',
    status: 400,
    reason: "Node's parser refuses such bytes in a request line, here as in every service",
  },
  {
    name: 'An unknown method BREW is forwarded (this Node upstream refuses it, hence 502)',
    status: 400,
    reason: "Node's parser knows the registered methods only, here as in every service",
  },
  {
    name: 'An upstream answer that is not HTTP is passed raw without a status line (HTTP/0.9)',
    status: 502,
    reason:
      'what is not HTTP is no answer: HTTP/0.9 would let a service write any bytes to a client',
  },
];
