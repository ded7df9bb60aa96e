import type { Socket } from 'node:net';
import type { Traffic } from './metrics.ts';

/** The connections of clients, for who asks what goes on. */
export class ClientTraffic {
  requests = 0;
  #accepted = 0;
  readonly #open = new Set<Socket>();
  readonly #isBusy: (socket: Socket) => boolean;

  constructor(isBusy: (socket: Socket) => boolean) {
    this.#isBusy = isBusy;
  }

  add(socket: Socket): void {
    this.#accepted++;
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }

  traffic(): Traffic {
    const writing = [...this.#open].filter((socket) => this.#isBusy(socket)).length;
    const active = this.#open.size;
    const { requests } = this;
    return { accepted: this.#accepted, active, writing, waiting: active - writing, requests };
  }
}
