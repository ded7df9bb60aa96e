import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../database/services.ts';
import { type Plan, serviceEnvironment } from '../launcher/processes.ts';
import { saveState } from '../launcher/state.ts';
import { type Api, api, type Json } from './api.ts';
import * as company from './charter-company.ts';

export interface DemoLinks {
  email: string;
  password: string;
  /** Of a quote that waits for the client's word. */
  quote_url: string;
}

const email = 'admin@example.com';
const password = 'admin123';

async function writeLogin(plan: Plan): Promise<void> {
  const command = join(repository, 'services/auth/src/seed-demo.ts');
  await promisify(execFile)(process.execPath, [command], { env: serviceEnvironment('auth', plan) });
}

async function writeCompany(office: Api): Promise<Json[]> {
  for (const type of company.vehicleTypes) {
    await office.post('bookings/vehicle-types', type.code, type);
  }
  for (const coach of company.coaches) await office.post('bookings/resources', coach.name, coach);
  for (const card of company.rateCards) {
    await office.post('pricing/rate-cards', card.vehicle_type, card);
  }
  await office.put('pricing/tax-rate', company.taxRate);
  return Promise.all(
    company.clients.map((client) => office.post('clients/clients', client.name, client)),
  );
}

const tokenOf = (url: unknown) => String(url).split('/').at(-1) ?? '';

/** Brings a charter as far as its stage says; answers the id of its quote where it has one. */
async function writeCharter(office: Api, anybody: Api, client: Json, stage: company.Stage) {
  const week = company.stages.indexOf(stage);
  const inquiry = { client_id: client.id, ...company.trip(week) };
  const { id } = await office.post('charters/charters', `${stage} inquiry`, inquiry);
  if (stage === 'inquiry') return undefined;
  if (stage === 'canceled') {
    const body = { reason: 'The school trip was called off.' };
    await office.post(`charters/charters/${id}/cancel`, `${stage} cancel`, body);
    return undefined;
  }
  const quote = await office.post(`charters/charters/${id}/quotes`, `${stage} quote`);
  const { public_url } = await office.post(`charters/quotes/${quote.id}/send`, `${stage} send`);
  if (stage === 'quoted') return quote.id;

  const agreed = { name: 'Pat Principal', terms_accepted: true };
  const offer = `charters/public/quotes/${tokenOf(public_url)}`;
  await anybody.post(`${offer}/accept`, `${stage} accept`, agreed);
  if (stage === 'accepted') return quote.id;

  const { payment_url } = await anybody.until(offer, (shown) => shown.payment_url !== null);
  const pays = (item: string) =>
    anybody.post(`payments/public/links/${tokenOf(payment_url)}/pay`, `${stage} ${item}`, {
      item,
      payment_method: 'pm_card_visa',
    });
  await pays('deposit');
  await office.until(`charters/charters/${id}`, ({ status }) => status !== 'accepted');
  if (stage === 'confirmed') return quote.id;
  await office.post(`charters/charters/${id}/start`, `${stage} start`);
  if (stage === 'in_progress') return quote.id;
  await office.post(`charters/charters/${id}/complete`, `${stage} complete`);
  if (stage === 'paid') await pays('balance');
  return quote.id;
}

export interface DemoOffice {
  office: Api;
  anybody: Api;
}

/** `base` is the gateway's address with `/api/v1/`. */
export async function enterDemo(base: string): Promise<DemoOffice> {
  const { access_token } = await api(base).post('auth/login', 'login', { email, password });
  return { office: api(base, String(access_token)), anybody: api(base) };
}

/** Something in every state, made through the API; answers the id of the quote that waits. */
export async function writeDemo({ office, anybody }: DemoOffice): Promise<string> {
  const clients = await writeCompany(office);
  let waiting = '';
  for (const [index, stage] of company.stages.entries()) {
    const client = clients[index % clients.length] as Json;
    const quote_id = await writeCharter(office, anybody, client, stage);
    if (stage === 'quoted') waiting = quote_id ?? '';
  }
  return waiting;
}

/** A charter company with something in every state, made through the API but for its log-in. */
export async function seedDemo(plan: Plan): Promise<DemoLinks> {
  await writeLogin(plan);
  const entered = await enterDemo(`http://127.0.0.1:${plan.gateway_port}/api/v1/`);
  const { state, data } = plan;
  if (state.demo_quote_id === undefined) {
    state.demo_quote_id = await writeDemo(entered);
    saveState(data, state);
  }
  const sent = await entered.office.post(`charters/quotes/${state.demo_quote_id}/send`, 'link');
  return { email, password, quote_url: String(sent.public_url) };
}
