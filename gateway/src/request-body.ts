import type { IncomingMessage } from 'node:http';

/**
 * Reads a body as a whole, up to `limit` bytes. Undefined says that it is longer: what is left of
 * it is read and thrown away, so that the connection can be used again. A client that goes away
 * rejects.
 */
export function collectBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else {
        chunks.length = 0;
        resolve(undefined);
      }
    });
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the client went away')));
  });
}
