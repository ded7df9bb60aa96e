/** The code of an earlier commit in a folder of its own, with the packages of this one. */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const repository = join(import.meta.dirname, '../../..');
/** What is code, and what a rolling restart takes anew. */
const CODE = ['services', 'shared', 'infra', 'gateway'];

/** Whether this clone has the commit; one that was made without its history has not. */
export function hasCommit(commit: string): boolean {
  try {
    execFileSync('git', ['cat-file', '-e', `${commit}^{commit}`], {
      cwd: repository,
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * Links to what npm brought, its stamp included, so that nothing is to be installed; the house's
 * own packages are those of the tree.
 */
function linkPackages(tree: string): void {
  const packages = join(tree, 'node_modules');
  mkdirSync(join(packages, '@roundhouse'), { recursive: true });
  const from = join(repository, 'node_modules');
  for (const name of readdirSync(from)) {
    if (name !== '@roundhouse') symlinkSync(join(from, name), join(packages, name));
  }
  for (const file of globSync('{services,shared}/*/package.json', { cwd: tree })) {
    const { name } = JSON.parse(readFileSync(join(tree, file), 'utf8'));
    symlinkSync(join(tree, dirname(file)), join(packages, name));
  }
}

/** Unpacks the commit, so that its own `scripts/start` runs it. */
export function oldTree(commit: string, tree: string): void {
  mkdirSync(tree, { recursive: true });
  const archive = execFileSync('git', ['archive', commit], {
    cwd: repository,
    maxBuffer: 2 ** 28,
  });
  execFileSync('tar', ['-x', '-C', tree], { input: archive });
  linkPackages(tree);
}

/** What `git pull` does under a platform that runs: today's code under the names of the old. */
export function pull(tree: string): void {
  for (const folder of CODE) {
    renameSync(join(tree, folder), join(tree, `${folder}.before`));
    symlinkSync(join(repository, folder), join(tree, folder));
  }
}
