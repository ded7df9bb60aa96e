/** Writes the demo's business through the gateway, and ends: the container `demo`. */
import { readConfig } from '@roundhouse/service/config';
import { z } from 'zod';
import { stages } from '../demo/charter-company.ts';
import { enterDemo, writeDemo } from '../demo/seed.ts';

const { GATEWAY_URL } = readConfig(z.object({ GATEWAY_URL: z.url() }));
const demo = await enterDemo(`${GATEWAY_URL}/api/v1/`);
// The last one that is written says that all are.
const last = stages.at(-1);
const { data } = await demo.office.get(`charters/charters?status=${last}&limit=1`);
if ((data as unknown[]).length === 0) await writeDemo(demo);
