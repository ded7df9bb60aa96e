/** Which tests need a database: by what they import, so that nobody keeps a list. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const NEEDS_DATABASE =
  /^import\s*\{[^}]*\b(serve|freshDatabase)\b[^}]*\}\s*from\s*'@roundhouse\/testing'/m;
const RELATIVE_IMPORT = /\bfrom\s*'(\.[^']+)'/g;

/** Also when it is a helper of the test that imports it. */
function needsDatabase(file: string, seen: Set<string>): boolean {
  if (seen.has(file) || !existsSync(file)) return false;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  if (NEEDS_DATABASE.test(text)) return true;
  return [...text.matchAll(RELATIVE_IMPORT)].some(([, name = '']) =>
    needsDatabase(join(dirname(file), name), seen),
  );
}

export interface TestKinds {
  unit: string[];
  integration: string[];
}

/** The test files of the repository at `root`, as absolute paths. */
export function testKinds(root: string): TestKinds {
  const files = globSync('{services,shared,gateway,infra,scripts}/**/*.test.ts', { cwd: root })
    .filter((path) => !path.includes('node_modules/'))
    .map((path) => join(root, path));
  const { integration = [], unit = [] } = Object.groupBy(files, (file) =>
    needsDatabase(file, new Set()) ? 'integration' : 'unit',
  );
  return { unit, integration };
}
