import type { EventType } from '@roundhouse/events/schema';
import { type Contract, grants, type Permission, type Route } from '@roundhouse/service/contract';
import { openapi } from '@roundhouse/service/openapi';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** What a service declares to the world. */
export interface Declaration {
  service: string;
  contract: Contract;
  events: EventType[];
}

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** Where a document holds a JSON Schema: as JSON Pointers (RFC 6901). */
function schemaPointers(node: unknown, pointer = ''): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const below = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return key === 'schema' ? [below] : schemaPointers(value, below);
  });
}

/** Compiles each schema where it stands, so that its references must lead somewhere from there. */
function schemaFaults(document: Record<string, unknown>): string[] {
  const ajv = new Ajv2020({ strict: false, logger: false });
  addFormats.default(ajv);
  ajv.addSchema(document, 'document');
  return schemaPointers(document).flatMap((pointer) => {
    try {
      ajv.compile({ $ref: `document#${pointer.split('/').map(encodeURIComponent).join('/')}` });
      return [];
    } catch (error) {
      return [`${pointer}: ${(error as Error).message}`];
    }
  });
}

/** Whatever a contract cannot be written for is a fault of the contract. */
function documentOf(contract: Contract): Record<string, unknown> | string {
  try {
    return openapi(contract);
  } catch (error) {
    return (error as Error).message;
  }
}

async function documentFaults(contract: Contract): Promise<string[]> {
  const document = documentOf(contract);
  if (typeof document === 'string') return [`OpenAPI: ${document}`];
  const { valid, errors = [] } = await new Validator().validate(structuredClone(document));
  const wrong = Array.isArray(errors) ? errors : [errors];
  const said = wrong.map((error) =>
    typeof error === 'string' ? error : `${error.instancePath}: ${error.message}`,
  );
  return [...(valid ? [] : said), ...schemaFaults(document)].map((fault) => `OpenAPI: ${fault}`);
}

/** Owner and admin have all permissions, so that a misspelt one would go unseen. */
function isKnown(permission: Permission, contract: Contract): boolean {
  const granted = [...Object.values(grants), ...Object.values(contract.grants)].flat();
  return granted.includes(permission) || permission.startsWith(`${contract.service}:`);
}

function routeFaults(name: string, route: Route, contract: Contract): string[] {
  const faults: string[] = [];
  const { permission, path, params, errors = {} } = route;
  if (route.public ? permission !== undefined : permission === undefined) {
    faults.push('asks for a permission or is public, one of the two');
  }
  if (permission !== undefined && !isKnown(permission, contract)) {
    faults.push(
      `asks for ${permission}, which is neither granted nor of the area ${contract.service}`,
    );
  }
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, param]) => param);
  const declared = Object.keys(params?.shape ?? {});
  if (inPath.toSorted().join() !== declared.toSorted().join()) {
    faults.push(`has ${inPath.join() || 'nothing'} in its path and declares ${declared.join()}`);
  }
  for (const code of Object.keys(errors).filter((code) => !SNAKE_CASE.test(code))) {
    faults.push(`has the error code ${code}, which is not snake_case`);
  }
  return faults.map((fault) => `${name} ${fault}`);
}

function eventFaults(service: string, { type, data, example }: EventType): string[] {
  const faults = type.startsWith(`${service}.`) ? [] : ['is not named after its service'];
  const decoded = data.safeDecode(example as never);
  if (!decoded.success) faults.push(`has an example outside its shape: ${decoded.error.message}`);
  return faults.map((fault) => `${type} ${fault}`);
}

/** What is wrong with a service's own word, whoever asks it and by whatever way. */
export async function contractFaults(declaration: Declaration): Promise<string[]> {
  const { service, contract, events } = declaration;
  const named = contract.service === service ? [] : [`calls itself ${contract.service}`];
  const types = events.map(({ type }) => type);
  const twice = types.filter((type, index) => types.indexOf(type) < index);
  return [
    ...named,
    ...Object.entries(contract.routes).flatMap(([name, route]) =>
      routeFaults(name, route, contract),
    ),
    ...events.flatMap((event) => eventFaults(service, event)),
    ...twice.map((type) => `declares ${type} twice`),
    ...(await documentFaults(contract)),
  ].map((fault) => `${service}: ${fault}`);
}
