/** What an embedded platform keeps beside its database. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { readKeyTable } from '@roundhouse/service/key-folder';

const BOOK = 'stripe.sqlite';
const TRIES = 5;

/** All keys of one moment: one that is retired meanwhile would be named and not there. */
function copyKeys(from: string, to: string): string[] {
  mkdirSync(to, { mode: 0o700 });
  for (let tries = 1; ; tries += 1) {
    const text = readFileSync(join(from, 'keys.json'), 'utf8');
    try {
      const names = readKeyTable(from).keys.map(({ kid }) => `${kid}.pem`);
      for (const name of names) {
        writeFileSync(join(to, name), readFileSync(join(from, name)), { mode: 0o600 });
      }
      if (readFileSync(join(from, 'keys.json'), 'utf8') === text) {
        writeFileSync(join(to, 'keys.json'), text, { mode: 0o600 });
        return ['keys.json', ...names];
      }
    } catch (error) {
      if (tries === TRIES) throw error;
    }
    if (tries === TRIES) throw new Error('The signing keys are being changed. Try again.');
  }
}

/** The provider's book as it is now, whoever writes in it; nothing where the provider is real. */
async function copyBook(from: string, to: string): Promise<string[]> {
  if (!existsSync(join(from, BOOK))) return [];
  const book = new DatabaseSync(join(from, BOOK));
  try {
    // In one step: between two of them a writer would make it begin anew.
    await backup(book, join(to, BOOK), { rate: 2 ** 31 - 1 });
  } finally {
    book.close();
  }
  return [BOOK];
}

/** Copies secrets, signing keys, the gateway's configuration and the book; answers their names. */
export async function copyFiles(from: string, to: string): Promise<string[]> {
  for (const name of ['state.json', 'kong.yml']) copyFileSync(join(from, name), join(to, name));
  const keys = copyKeys(join(from, 'keys'), join(to, 'keys'));
  return ['state.json', 'kong.yml', ...keys.map((n) => `keys/${n}`), ...(await copyBook(from, to))];
}
