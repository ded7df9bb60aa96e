/** Fifty acceptances at once (C1), ROUNDS times: as many yes as there are coaches. */
import { call } from './http.ts';
import { anOffice } from './office.ts';
import { check, finish } from './tap.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 20);
const CALLERS = 50;
let address = 0;
/** Each caller from an address of its own, so that the edge's limits do not decide the race. */
const nextAddress = () => {
  address += 1;
  return `127.1.${address >> 7}.${1 + (address & 127)}`;
};

async function round(coaches: number): Promise<number[]> {
  const office = await anOffice({ coaches, from: nextAddress() });
  const offers = [];
  for (let ready = 0; ready < CALLERS; ready += 5) {
    offers.push(...(await Promise.all(Array.from({ length: 5 }, () => office.sendsQuote(0)))));
  }
  const body = { name: 'Pat Principal', terms_accepted: true };
  const answers = await Promise.all(
    offers.map(({ link }) => {
      const path = `charters/public/quotes/${link}/accept`;
      return call({ method: 'POST', path, body, from: nextAddress() });
    }),
  );
  return answers.map(({ status }) => status);
}

for (const coaches of [1, 3]) {
  let right = 0;
  let worst = '';
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    const statuses = await round(coaches);
    const count = (wanted: number) => statuses.filter((status) => status === wanted).length;
    if (count(200) === coaches && count(409) === CALLERS - coaches) right += 1;
    else worst = statuses.join(' ');
  }
  const race = `of ${CALLERS} acceptances at once for ${coaches} coach(es) ${coaches} win`;
  check(`${race}, ${ROUNDS} rounds`, right === ROUNDS, `${right} rounds right; ${worst}`);
}
finish();
