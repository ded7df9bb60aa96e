/**
 * A copy of a whole Postgres cluster while it works, as the server itself sends it: the command
 * BASE_BACKUP of the streaming replication protocol, which is what `pg_basebackup` speaks too.
 */
import pg, { type Connection, type Submittable } from 'pg';

export interface BaseBackup {
  /** Where the log of changes stood when the copy began, and when it was whole. */
  start_lsn: string;
  end_lsn: string;
  timeline: number;
}

export interface BaseBackupOptions {
  /** The address of the server with a user that may replicate. */
  url: string;
  label: string;
  /** What the server reads in a second, in kB: the load beside its work. */
  max_rate_kb: number;
  /** Writes a piece of a file before it returns; the piece's bytes are used again afterwards. */
  write: (file: 'base.tar' | 'backup_manifest', piece: Buffer) => void;
}

/** The first byte of each message, as the protocol has it. */
const NEW_ARCHIVE = 0x6e;
const MANIFEST = 0x6d;
const DATA = 0x64;

/** What `pg` calls while the command runs; its types know it as a query that answers rows alone. */
class Copy implements Submittable {
  readonly #text: string;
  readonly #write: BaseBackupOptions['write'];
  readonly #rows: string[][] = [];
  readonly #settle: PromiseWithResolvers<string[][]> = Promise.withResolvers();
  #file: 'base.tar' | 'backup_manifest' | undefined;
  #archives = 0;
  #failure: Error | undefined;

  constructor(text: string, write: BaseBackupOptions['write']) {
    this.#text = text;
    this.#write = write;
  }

  get rows(): Promise<string[][]> {
    return this.#settle.promise;
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleRowDescription(): void {
    // The columns are those of the protocol.
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    this.#rows.push(fields.map(String));
  }

  handleCommandComplete(): void {
    // More results may follow.
  }

  /** Written before it returns: who can't write as fast reads no faster. */
  handleCopyData({ chunk }: { chunk: Buffer }, connection: { stream: { destroy(): void } }): void {
    if (this.#failure !== undefined) return;
    try {
      this.#take(chunk);
    } catch (error) {
      this.#failure = error as Error;
      // The server ends its part as soon as nobody listens.
      connection.stream.destroy();
    }
  }

  #take(chunk: Buffer): void {
    const [kind] = chunk;
    if (kind === NEW_ARCHIVE) {
      this.#archives += 1;
      if (this.#archives > 1) throw new Error('Tablespaces of their own are not backed up.');
      this.#file = 'base.tar';
    } else if (kind === MANIFEST) {
      this.#file = 'backup_manifest';
    } else if (kind === DATA && this.#file !== undefined) {
      this.#write(this.#file, chunk.subarray(1));
    }
  }

  handleError(error: Error): void {
    this.#settle.reject(this.#failure ?? error);
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#rows);
  }
}

/** Copies the cluster; what its files need of the log to be whole is in the archive. */
export async function baseBackup(options: BaseBackupOptions): Promise<BaseBackup> {
  const { url, label, max_rate_kb, write } = options;
  // `pg` hands it on; its types leave it out.
  const settings = { connectionString: url, replication: 'true', application_name: label };
  const client = new pg.Client(settings);
  client.on('error', () => {
    // Whoever waits for an answer is told by it.
  });
  await client.connect();
  try {
    // Of this session: however it ends, the server drops it, and keeps no log for it any longer.
    await client.query(`CREATE_REPLICATION_SLOT ${label} TEMPORARY PHYSICAL (RESERVE_WAL)`);
    const copy = new Copy(
      `BASE_BACKUP (LABEL '${label}', CHECKPOINT 'fast', WAL, MAX_RATE ${max_rate_kb},
        MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256')`,
      write,
    );
    client.query(copy);
    const rows = await copy.rows;
    const [start_lsn = '', timeline = ''] = rows[0] ?? [];
    const [end_lsn = ''] = rows.at(-1) ?? [];
    return { start_lsn, end_lsn, timeline: Number(timeline) };
  } finally {
    await client.end();
  }
}
