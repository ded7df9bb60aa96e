import { type Answer, plainAnswer } from './error-answer.ts';
import type { PluginHandler } from './exchange.ts';
import type { PluginConfig } from './plugin-schemas.ts';

/** Kong's, where the configuration says nothing. */
const MESSAGES = new Map([
  [401, 'Unauthorized'],
  [404, 'Not found'],
  [405, 'Method not allowed'],
  [500, 'An unexpected error occurred'],
  [502, 'Bad Gateway'],
  [503, 'Service unavailable'],
]);

function configured(config: PluginConfig<'request-termination'>): Answer {
  const { status_code: status, message = MESSAGES.get(status), content_type, body } = config;
  if (body === undefined && message !== undefined) return plainAnswer(status, { message });
  const text = body ?? '';
  const type = content_type === undefined ? [] : ['Content-Type', content_type];
  const length = String(Buffer.byteLength(text));
  return { status, headers: [...type, 'Content-Length', length], body: text };
}

/** Answers in place of the service, to whoever the plugins before it let in. */
export function requestTermination(config: PluginConfig<'request-termination'>): PluginHandler {
  const answer = configured(config);
  return { access: () => answer };
}
