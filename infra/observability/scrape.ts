import { join } from 'node:path';
import { repository, serviceFolders } from '../database/services.ts';

/** As the launcher writes them down: `AUTH_URL` and so on, GATEWAY_ADMIN_URL. */
export type Addresses = Record<string, string | undefined>;

export const RULES = join(repository, 'infra/observability/rules');

const hostOf = (url: string) => new URL(url).host;

export interface ScrapeOptions {
  /** How often all is asked, and the rules with it. */
  every: string;
  /** Where rabbitmq_prometheus listens, such as `127.0.0.1:15692`, where there is one. */
  rabbitmq?: string | undefined;
}

/** Prometheus' configuration for an embedded platform; JSON, which it takes as the YAML it is. */
export function scrapeConfig(addresses: Addresses, { every, rabbitmq }: ScrapeOptions): string {
  const services = serviceFolders().map(({ name }) => {
    const urls = addresses[`${name.toUpperCase()}_URL`];
    if (urls === undefined) throw new Error(`The addresses have no ${name.toUpperCase()}_URL.`);
    return { targets: urls.split(',').map(hostOf), labels: { service: name } };
  });
  const gateway = addresses.GATEWAY_ADMIN_URL;
  if (gateway === undefined) throw new Error('The addresses have no GATEWAY_ADMIN_URL.');
  const job = (job_name: string, static_configs: object[]) => ({
    ...{ job_name, honor_labels: true, static_configs },
  });
  const jobs = [
    job('roundhouse', services),
    job('gateway', [{ targets: [hostOf(gateway)], labels: { service: 'gateway' } }]),
    ...(rabbitmq === undefined ? [] : [job('rabbitmq', [{ targets: [rabbitmq] }])]),
  ];
  const config = {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: [join(RULES, '*.yml')],
    scrape_configs: jobs,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
