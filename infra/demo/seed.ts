import type { Plan } from '../launcher/processes.ts';

export interface DemoLinks {
  email: string;
  password: string;
  quote_url?: string;
}

export async function seedDemo(_plan: Plan): Promise<DemoLinks> {
  return { email: 'admin@example.com', password: 'admin123' };
}
