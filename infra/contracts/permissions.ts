/** Who may do what, as a document for people: made of the contracts, and read by the tests. */
import {
  type Contract,
  may,
  type Permission,
  type Route,
  roles,
} from '@roundhouse/service/contract';
import { publicPath } from '@roundhouse/service/openapi';

const INTRODUCTION = `# Who may do what

Made of the contracts by \`scripts/run node infra/contracts/write-permissions.ts\`, and held equal
to them by \`scripts/test\`: a change of this file is a change of who may do what, and is reviewed
as one. \`scripts/e2e/permissions.sh\` asks every cell of it: each route, as each role, as a machine
client with exactly the permission, as one with all others, and as nobody.

A user may do what any of its roles may. A machine client has no role: its scopes are permissions,
and it may do exactly these. The roles \`client\` and \`vendor\` may do nothing yet but see to their
own account (\`me\`): what a client or a vendor sees are its own records alone, and that comes with
the portals. Who has no token comes in where it says public, and nowhere else; what a public route
opens is named by a link, a secret or an address.
`;

const row = (cells: string[]) => `| ${cells.join(' | ')} |`;
const table = (head: string[], rows: string[][]) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const operationPath = (contract: Contract, route: Route): string =>
  `${route.method.toUpperCase()} ${publicPath(contract, route)}`;

const needed = ({ permission }: Route) => (permission === undefined ? 'public' : permission);

function section(contract: Contract): string {
  const routes = Object.entries(contract.routes);
  const permissions = [...new Set(routes.flatMap(([, { permission }]) => permission ?? []))].sort();
  const granted = (permission: Permission) =>
    roles.map((role) =>
      may({ kind: 'user', roles: [role] }, permission, contract.grants) ? 'yes' : '',
    );
  return [
    `## ${contract.service}`,
    table(
      ['permission', ...roles],
      permissions.map((permission) => [permission, ...granted(permission)]),
    ),
    table(
      ['route', 'operation', 'needs'],
      routes.map(([name, route]) => [operationPath(contract, route), name, needed(route)]),
    ),
  ].join('\n\n');
}

export const permissionsDocument = (contracts: Contract[]): string =>
  `${[INTRODUCTION.trimEnd(), ...contracts.map(section)].join('\n\n')}\n`;

/** What is wrong with the document that people read. */
export const permissionFaults = (contracts: Contract[], document: string): string[] =>
  document === permissionsDocument(contracts)
    ? []
    : [
        'docs/permissions.md is not what the contracts say: ' +
          'scripts/run node infra/contracts/write-permissions.ts, and look at what has changed',
      ];

/** What the document says of one route. */
export interface Documented {
  service: string;
  operation: string;
  /** `public`, or the permission. */
  needs: string;
  /** The roles that have it. */
  roles: Set<string>;
}

const cellsOf = (line: string) =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());

/** Reads the document as a person does: it, and not the code, says what a test expects. */
export function documentedRoutes(document: string): Documented[] {
  const found: Documented[] = [];
  let service = '';
  let head: string[] = [];
  let granted = new Map<string, Set<string>>();
  for (const line of document.split('\n')) {
    const [, title] = /^## (.*)/.exec(line) ?? [];
    if (title !== undefined) [service, granted] = [title, new Map()];
    if (!line.startsWith('|') || line.startsWith('| ---')) continue;
    const [first = '', ...cells] = cellsOf(line);
    if (first === 'permission' || first === 'route') head = [first, ...cells];
    else if (head[0] === 'permission') {
      granted.set(first, new Set(head.slice(1).filter((_, index) => cells[index] === 'yes')));
    } else {
      const [operation = '', needs = ''] = cells;
      found.push({ service, operation, needs, roles: granted.get(needs) ?? new Set() });
    }
  }
  return found;
}
