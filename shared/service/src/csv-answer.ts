import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Logger } from './log.ts';
import { CSV_TYPE } from './media-types.ts';

async function* rest(first: IteratorResult<string>, pieces: AsyncIterator<string>) {
  for (let next = first; !next.done; next = await pieces.next()) yield next.value;
}

/**
 * Sends a table as fast as whoever reads it takes it. What goes wrong before the first piece is a
 * refusal like any other; after it only the cut of the connection can say so.
 */
export async function sendCsv(
  response: Response,
  table: AsyncIterable<string>,
  logger: Logger,
): Promise<void> {
  const pieces = table[Symbol.asyncIterator]();
  const first = await pieces.next();
  response.statusCode = 200;
  response.setHeader('Content-Type', `${CSV_TYPE}; charset=utf-8; header=present`);
  response.setHeader('Content-Disposition', 'attachment');
  response.setHeader('Cache-Control', 'no-store');
  await pipeline(Readable.from(rest(first, pieces)), response).catch((cause: unknown) => {
    // Whoever asked may leave: that is no fault of ours.
    if ((cause as { code?: string }).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    logger.error('failed', { event: 'table_cut', cause });
    response.destroy();
  });
}
