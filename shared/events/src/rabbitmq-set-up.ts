import { cut, openConnection, within } from './rabbitmq-link.ts';
import { declareTopology, type Topology } from './rabbitmq-topology.ts';

const DECLARE_MS = 30_000;

/** Declares the topology before any service does; throws where the broker is away or refuses. */
export async function applyTopology(url: string, topology: Topology): Promise<void> {
  const model = await openConnection(url, 'set-up');
  let refused: Error | undefined;
  model.on('error', () => undefined);
  try {
    const channel = await model.createChannel();
    channel.on('error', (error: Error) => {
      refused = error;
    });
    await within(DECLARE_MS, 'declare', declareTopology(channel, topology));
    await model.close();
  } catch (error) {
    cut(model, error as Error);
    throw refused ?? error;
  }
}
