/** What the platform can do with many callers and with one, beside what the machine can do. */
import { type Bench, type Measured, measureAll, type Results, type Row } from '../bench.ts';
import type { Finding, Goal } from '../finding.ts';
import { addresses } from '../shots.ts';
import { median } from '../statistics.ts';

const CALLERS = 50;
/** More than any machine of today writes in a second. */
const WRITES_PER_SECOND = 2_500;
const BURST = 5_000;

function kindsOf({ platform, fleet: { shots }, reference }: Bench) {
  const { gateway } = platform;
  const [service = ''] = String(platform.addresses.BOOKINGS_URL).split(',');
  const { base_url, proxy_url } = reference;
  return {
    write: { name: 'bare write', base_url, next: shots.write },
    accept: { name: 'accept a quote', base_url: gateway, next: shots.accept, addresses },
    bareList: { name: 'bare list', base_url, next: shots.bareList },
    charters: { name: 'list 20 charters', base_url: gateway, next: shots.charters },
    direct: { name: 'list, past the gateway', base_url: service, next: shots.direct },
    proxied: { name: 'list, by a bare proxy', base_url: proxy_url, next: shots.direct },
    clients: { name: 'list 20 clients', base_url: gateway, next: shots.clients },
  } satisfies Record<string, Measured>;
}

const ratio = (bound: Omit<Goal, 'of'>): Goal => ({ of: 'ratio', ...bound });

/** Figures of two kinds from the same runs. */
function beside(
  results: Results,
  [ours, other]: [Measured, Measured],
  of: Pick<Finding, 'id' | 'what' | 'unit'> & Partial<Finding>,
): Finding {
  const figure = of.unit === '/s' ? 'per_second' : 'p50_ms';
  const reference = { what: other.name, figure: results.of(other, figure) };
  const { foreign_cores } = results;
  return { figure: results.of(ours, figure), reference, foreign_cores, ...of };
}

/** The same rows by eight connections, without HTTP: what Postgres itself takes. */
async function barePostgres(bench: Bench): Promise<number> {
  const rates: number[] = [];
  for (let run = 0; run < bench.runs; run += 1) {
    await bench.fleet.stock(BURST);
    rates.push(await bench.reference.burst(bench.fleet.quotes.splice(-BURST)));
  }
  return median(rates);
}

export const row: Row = {
  name: 'rates',
  about: 'acceptances and lists with 50 callers and with one, and what the gateway costs',
  run: async (bench) => {
    const { run_ms, single_ms, runs, fleet, found, say } = bench;
    const kinds = kindsOf(bench);
    const { write, accept, bareList, charters, direct, proxied, clients } = kinds;
    const all = Object.values(kinds);
    await fleet.stock((WRITES_PER_SECOND * 2 * (runs * run_ms + 2_000)) / 1_000);
    await measureAll({ ...bench, runs: 1, say: () => undefined, diagnose: () => undefined }, all, {
      ...{ callers: 10, duration_ms: Math.min(run_ms, 2_000) },
    });
    say(`  ${CALLERS} callers, ${runs} runs of ${run_ms / 1_000} s`);
    const many = await measureAll(bench, all, { callers: CALLERS, duration_ms: run_ms });
    const postgres = await barePostgres(bench);
    await fleet.stock((1_500 * 2 * runs * single_ms) / 1_000);
    const one = await measureAll(bench, all, { callers: 1, duration_ms: single_ms });
    const by = `${CALLERS} callers`;
    const rate = { unit: '/s' as const };
    const p50 = { unit: 'ms' as const };
    found(
      beside(many, [accept, write], {
        ...{ id: 'accept', what: `accept a quote, ${by}`, ...rate },
        goal: ratio({ at_least: 0.25 }),
      }),
      {
        ...{ id: 'accept-postgres', what: `accept a quote, ${by}, beside Postgres alone` },
        ...{ figure: many.of(accept, 'per_second'), ...rate },
        reference: { what: 'the same rows without HTTP', figure: postgres },
      },
      beside(many, [charters, bareList], {
        ...{ id: 'list', what: `list 20 charters, ${by}`, ...rate },
        goal: ratio({ at_least: 0.4 }),
      }),
      beside(many, [clients, bareList], {
        ...{ id: 'list-clients', what: `list 20 clients, ${by}`, ...rate },
        goal: ratio({ at_least: 0.4 }),
      }),
      beside(one, [accept, write], {
        ...{ id: 'accept-one', what: 'accept, one caller, p50', ...p50 },
        goal: ratio({ at_most: 3 }),
      }),
      beside(one, [charters, bareList], {
        ...{ id: 'list-one', what: 'list, one caller, p50', ...p50 },
        goal: ratio({ at_most: 2 }),
      }),
      beside(many, [charters, direct], {
        ...{ id: 'gateway-keeps', what: `the gateway keeps of the service's rate, ${by}`, ...rate },
        goal: ratio({ at_least: 0.75 }),
      }),
      beside(many, [proxied, direct], {
        ...{ id: 'proxy-keeps', what: 'a bare Node proxy keeps', ...rate },
      }),
      {
        ...{ id: 'gateway-adds', what: 'the gateway adds, list, one caller, p50', ...p50 },
        figure: one.of(charters, 'p50_ms') - one.of(direct, 'p50_ms'),
        reference: {
          what: 'a bare proxy adds',
          figure: one.of(proxied, 'p50_ms') - one.of(direct, 'p50_ms'),
        },
        goal: { of: 'figure', at_most: 0.5 },
        foreign_cores: one.foreign_cores,
      },
    );
  },
};
