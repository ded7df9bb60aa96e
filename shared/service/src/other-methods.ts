import { DomainError } from '@roundhouse/errors';
import type { Express } from 'express';
import type { Route } from './contract.ts';

/** A path that exists answers other methods by saying which it has (RFC 9110 9.3.7, 15.5.6). */
export function answerOtherMethods(app: Express, routes: Route[]): void {
  const methods = Map.groupBy(routes, ({ path }) => path);
  for (const [path, declared] of methods) {
    const known = declared.map(({ method }) => method.toUpperCase());
    const allowed = [...known, ...(known.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
    app.all(path, ({ method }, response) => {
      response.setHeader('Allow', allowed);
      if (method === 'OPTIONS') return response.status(204).end();
      throw new DomainError('method_not_allowed', 'method_not_allowed', `This has ${allowed}.`);
    });
  }
}
