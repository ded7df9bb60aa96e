import { DomainError } from '@roundhouse/errors';
import express, { type RequestHandler } from 'express';
import { checkBytes } from './body.ts';
import type { Route } from './contract.ts';
import { checkTextBytes } from './form.ts';
import { CSV_TYPE, FORM_TYPE } from './media-types.ts';

/** In bytes. */
const USUAL_LIMIT = 200 * 1024;
const JSON_TYPES = ['application/json', 'application/*+json'];

/** Takes the body of a route as its contract has it, and leaves any other alone. */
export function bodyReader({ body_type, body_limit: limit = USUAL_LIMIT }: Route): RequestHandler {
  if (body_type === undefined) {
    return express.json({
      inflate: false,
      limit,
      strict: false,
      type: JSON_TYPES,
      verify: (_, __, bytes, charset) => checkBytes(bytes, charset),
    });
  }
  return express.text({
    inflate: false,
    limit,
    type: body_type === 'form' ? FORM_TYPE : CSV_TYPE,
    verify: (_, __, bytes, charset) => checkTextBytes(bytes, charset),
  });
}

interface ReaderError {
  type?: string;
  /** In bytes. */
  limit?: number;
}

/** What the readers refuse, in our words; undefined for any other error. */
export function refusalOfReader(error: unknown): DomainError | undefined {
  const { type, limit } = error as ReaderError;
  switch (type) {
    case 'entity.parse.failed':
      return new DomainError('malformed', 'json_malformed', 'The body is not well-formed JSON.');
    case 'entity.too.large': {
      const detail = `The body is longer than ${limit} bytes.`;
      return new DomainError('too_large', 'body_too_large', detail);
    }
    case 'charset.unsupported':
    case 'encoding.unsupported': {
      const detail = 'The body is to be in UTF-8, and not compressed.';
      return new DomainError('unsupported_media_type', 'charset_unsupported', detail);
    }
    case 'request.aborted':
    case 'request.size.invalid':
      return new DomainError('malformed', 'body_incomplete', 'The body ended early.');
    default:
      return undefined;
  }
}
