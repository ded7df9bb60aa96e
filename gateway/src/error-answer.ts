import type { Headers } from './headers.ts';

/** What the gateway answers by itself. */
export type Answer = { status: number; headers: Headers; body: string };

type Template = { type: string; render: (message: string, requestId: string) => string };

const JSON_TYPE = 'application/json; charset=utf-8';

const JSON_TEMPLATE: Template = {
  type: JSON_TYPE,
  render: (message, id) => `{\n  "message":"${message}",\n  "request_id":"${id}"\n}`,
};

const PLAIN_TEMPLATE: Template = {
  type: 'text/plain; charset=utf-8',
  render: (message, id) => `${message}\nrequest_id: ${id}\n`,
};

const HTML_TEMPLATE: Template = {
  type: 'text/html; charset=utf-8',
  render: (message, id) => `<!doctype html>
<html>
  <head>
    <meta charset="utf-8">
    <title>Error</title>
  </head>
  <body>
    <h1>Error</h1>
    <p>${message}.</p>
    <p>request_id: ${id}</p>
  </body>
</html>
`,
};

const XML_TEMPLATE: Template = {
  type: 'application/xml; charset=utf-8',
  render: (message, id) => `<?xml version="1.0" encoding="UTF-8"?>
<error>
  <message>${message}</message>
  <requestid>${id}</requestid>
</error>
`,
};

const TEMPLATES = new Map([
  ['text/html', HTML_TEMPLATE],
  ['text/plain', PLAIN_TEMPLATE],
  ['text/*', PLAIN_TEMPLATE],
  ['application/xml', XML_TEMPLATE],
]);

const NGINX_MESSAGES = new Map([
  [400, 'Bad request'],
  [405, 'Method not allowed'],
  [408, 'Request timeout'],
  [413, 'Payload too large'],
  [414, 'URI too long'],
  [494, 'Request header or cookie too large'],
  [500, 'An unexpected error occurred'],
  [502, 'An invalid response was received from the upstream server'],
  [504, 'The upstream server is timing out'],
]);

const NGINX_REASONS = new Map([
  [405, 'Not Allowed'],
  [408, 'Request Time-out'],
  [413, 'Request Entity Too Large'],
  [414, 'Request-URI Too Large'],
  [417, ''],
  [503, 'Service Temporarily Unavailable'],
  [504, 'Gateway Time-out'],
]);

/** Kong's own choice: the highest q, the first of equals; what it does not know counts as JSON. */
function negotiate(accept: string): Template {
  let best = JSON_TEMPLATE;
  let highest = 0;
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = quality === undefined ? 1 : Number(quality.slice(2));
    if (weight > highest) {
      highest = weight;
      best = TEMPLATES.get(type) ?? JSON_TEMPLATE;
    }
  }
  return best;
}

function answer(status: number, type: string, body: string): Answer {
  return {
    status,
    headers: ['Content-Type', type, 'Content-Length', String(Buffer.byteLength(body))],
    body,
  };
}

/** The first dialect, of the gateway and most plugins: by `Accept`, with the request's id. */
export function errorAnswer(
  status: number,
  message: string,
  about: { accept: string | undefined; requestId: string },
): Answer {
  const template = about.accept ? negotiate(about.accept) : JSON_TEMPLATE;
  return answer(status, template.type, template.render(message, about.requestId));
}

/** The second, of jwt: always compact JSON, and slashes escaped as Lua's encoder does. */
export function plainAnswer(status: number, body: Record<string, string>): Answer {
  return answer(status, JSON_TYPE, JSON.stringify(body).replaceAll('/', '\\/'));
}

/** The third, of nginx under Kong: without `Accept` by the request's own type, then as text. */
export function nginxAnswer(
  status: number,
  about: { accept?: string | undefined; contentType?: string | undefined; requestId: string },
): Answer {
  const wish = about.accept ?? about.contentType;
  const template = wish === undefined ? PLAIN_TEMPLATE : negotiate(wish);
  const body = template.render(NGINX_MESSAGES.get(status) ?? '', about.requestId);
  // nginx counts an oversized header as 494 and shows it as 400.
  return answer(status === 494 ? 400 : status, template.type, body);
}

/** nginx's own page, the one answer that Kong leaves as it is: an unknown transfer coding. */
export function notImplementedAnswer(): Answer {
  const line = '501 Not Implemented';
  const page = [
    '<html>',
    `<head><title>${line}</title></head>`,
    '<body>',
    `<center><h1>${line}</h1></center>`,
    '<hr><center>nginx</center>',
    '</body>',
    '</html>',
    '',
  ];
  return answer(501, 'text/html; charset=UTF-8', page.join('\r\n'));
}

/** nginx's phrase for a status where it differs from Node's. */
export function reasonPhrase(status: number): string | undefined {
  return NGINX_REASONS.get(status);
}
