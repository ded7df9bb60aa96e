import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/** With the ones before, at most four times this for each process. */
const LARGEST_BYTES = 10 * 1024 * 1024;
const KEPT = 3;

/**
 * Appends to the file, and begins a new one where it has grown too large: `auth.log` becomes
 * `auth.log.1`, and so on. Each line is with the system before the next statement runs, so whoever
 * dies, by whatever means, has said all that he said; that is why this is no `fs.WriteStream`.
 */
export function logStream(file: string, largest_bytes = LARGEST_BYTES): Writable {
  const open = () => openSync(file, 'a', 0o600);
  let fd = open();
  let size = fstatSync(fd).size;

  const rotate = () => {
    for (let number = KEPT - 1; number >= 0; number -= 1) {
      const from = number === 0 ? file : `${file}.${number}`;
      try {
        renameSync(from, `${file}.${number + 1}`);
      } catch {
        // There are not so many yet.
      }
    }
    closeSync(fd);
    fd = open();
    size = 0;
  };

  return new Writable({
    decodeStrings: false,
    write: (line: string, _, done) => {
      try {
        if (size >= largest_bytes) rotate();
        size += writeSync(fd, line);
      } catch {
        // A full disk costs lines, and not the service.
      }
      done();
    },
  });
}
