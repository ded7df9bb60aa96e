import { containers } from './containers.ts';

export default async (): Promise<void> => containers.started?.stop();
