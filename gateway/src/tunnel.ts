import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node's HTTP server listens to on the connection of a request that it parses. */
const SERVER_EVENTS = ['data', 'end', 'drain', 'error', 'timeout'];

/**
 * The client's connection, out of the hands of Node's HTTP server; undefined where it is not this
 * response's turn on it. Node itself hands over only what says `Connection: Upgrade`, which nginx
 * does not ask for, and then it would be too late to refuse and go on speaking HTTP. The server
 * still knows the connection: it counts as busy with this response, and is cut where all are.
 */
function takeConnection(response: ServerResponse): Socket | undefined {
  const { socket } = response;
  if (socket === null) return undefined;
  for (const event of SERVER_EVENTS) socket.removeAllListeners(event);
  socket.setTimeout(0);
  return socket;
}

/**
 * Lets client and service speak freely, each as fast as the other reads. The end of one side is
 * told to the other, who may still finish; a broken side, or `idle_ms` without a byte either way,
 * ends both.
 */
export function openTunnel(
  response: ServerResponse,
  service: Socket,
  { head, first, idle_ms }: { head: string; first: Buffer; idle_ms: number },
): void {
  const client = takeConnection(response);
  if (client === undefined) {
    // An earlier request of this connection is unanswered: the client spoke on unasked.
    response.req.socket.destroy();
    service.destroy();
    return;
  }
  const cut = () => {
    service.destroy();
    // What the service said last is still delivered to a client that reads.
    client.destroySoon();
  };
  service.on('error', cut).on('close', cut);
  client.on('error', () => client.destroy()).on('close', () => service.destroy());
  // What goes either way goes through this one, and a reader that stands still holds it up.
  service.setTimeout(idle_ms, () => {
    service.destroy();
    client.destroy();
  });
  client.write(head, 'latin1');
  if (first.length > 0) client.write(first);
  service.pipe(client);
  client.pipe(service);
}
