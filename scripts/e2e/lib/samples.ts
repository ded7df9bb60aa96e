import { rateCards, trip, vehicleTypes } from '../../../infra/demo/charter-company.ts';

const colleague = {
  email: 'colleague@harbor.example',
  password: 'securepass123',
  first_name: 'Ann',
  last_name: 'Lee',
  roles: ['dispatcher'],
};
const depositPolicy = {
  deposit_ppm: 200_000,
  hold_hours: 48,
  balance_days_before_start: 14,
  quote_valid_days: 30,
};
const at = (day: string, time: string) => `${day}T${time}:00Z`;
const [type] = vehicleTypes;

/** For each operation with a body one that its contract takes, with ids of the other business. */
export const bodies: Record<string, (of: { client_id: string }) => unknown> = {
  createUser: () => colleague,
  createClient: () => ({ name: 'A client of its own' }),
  changeClient: () => ({ name: 'Ours now' }),
  createRateCard: () => ({ ...rateCards[0], vehicle_type: 'van_9' }),
  changeRateCard: () => ({ minimum_hours: 1 }),
  setTaxRate: () => ({ name: 'Tax', rate_ppm: 1 }),
  setDepositPolicy: () => depositPolicy,
  priceCharter: () => ({
    stops: trip(0).stops.map(({ latitude, longitude }) => ({ latitude, longitude })),
    starts_at: at('2027-03-12', '13:00'),
    ends_at: at('2027-03-12', '23:00'),
    vehicles: [{ vehicle_type: type?.code, count: 1, base: { latitude: 40.9, longitude: -73.9 } }],
  }),
  createVehicleType: () => ({ ...type, code: 'van_9' }),
  changeVehicleType: () => ({ seats: 1 }),
  createResource: () => ({ vehicle_type: type?.code, name: 'Coach 2' }),
  createCharter: ({ client_id }) => ({ client_id, ...trip(1) }),
  cancelCharter: () => ({ reason: 'Ours now.' }),
};
