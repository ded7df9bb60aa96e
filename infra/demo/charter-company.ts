const usd = (amount: number) => ({ amount, currency: 'USD' });
const stop = (address: string, latitude: number, longitude: number, local_time: string) => ({
  address,
  latitude,
  longitude,
  local_time,
  time_zone: 'America/New_York',
});

export const vehicleTypes = [
  {
    code: 'coach_56',
    name: 'Coach, 56 seats',
    seats: 56,
    base_address: '1 Saw Mill River Rd, Yonkers, NY 10701',
    base_latitude: 40.9365,
    base_longitude: -73.8885,
  },
  {
    code: 'minibus_28',
    name: 'Minibus, 28 seats',
    seats: 28,
    base_address: '1 Saw Mill River Rd, Yonkers, NY 10701',
    base_latitude: 40.9365,
    base_longitude: -73.8885,
  },
];

export const coaches = [
  { vehicle_type: 'coach_56', name: 'Coach 101' },
  { vehicle_type: 'coach_56', name: 'Coach 102' },
  { vehicle_type: 'coach_56', name: 'Coach 103' },
  { vehicle_type: 'minibus_28', name: 'Minibus 201' },
];

export const rateCards = [
  {
    vehicle_type: 'coach_56',
    minimum_hours: 5,
    hourly: usd(16_500),
    live_mile: usd(450),
    deadhead_mile: usd(300),
  },
  {
    vehicle_type: 'minibus_28',
    minimum_hours: 4,
    hourly: usd(11_500),
    live_mile: usd(325),
    deadhead_mile: usd(225),
  },
];

export const taxRate = { name: 'NY sales tax', rate_ppm: 88_750 };

export const clients = [
  { name: 'Riverside High School', email: 'trips@riverside.example', phone: '+19145550101' },
  { name: 'Hudson Valley Brewing', email: 'events@hvbrewing.example', phone: '+18455550102' },
  { name: 'St. Mary Parish', email: 'office@stmary.example', phone: '+19145550103' },
];

/** How far a charter of the demo gets. */
export const stages = [
  'inquiry',
  'quoted',
  'accepted',
  'confirmed',
  'in_progress',
  'completed',
  'paid',
  'canceled',
] as const;
export type Stage = (typeof stages)[number];

/** A day at the museum, one week after the other, so that no coach is wanted twice. */
export const trip = (week: number) =>
  tripOn(Temporal.PlainDate.from('2027-03-12').add({ weeks: week }));

export function tripOn(date: Temporal.PlainDate) {
  const day = date.toString();
  return {
    passengers: 48,
    stops: [
      stop(
        'Riverside High School, 565 Warburton Ave, Yonkers, NY',
        40.9476,
        -73.8954,
        `${day}T08:00`,
      ),
      stop('American Museum of Natural History, New York, NY', 40.7813, -73.974, `${day}T10:00`),
      stop(
        'Riverside High School, 565 Warburton Ave, Yonkers, NY',
        40.9476,
        -73.8954,
        `${day}T17:30`,
      ),
    ],
    vehicles: [{ vehicle_type: 'coach_56', count: 1 }],
  };
}
