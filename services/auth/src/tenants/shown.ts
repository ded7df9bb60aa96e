import { textColorOn } from './brand.ts';
import { limitsOf, type PlanFacts } from './plan.ts';

interface Branded {
  brand_name: string | null;
  brand_color: string | null;
  brand_logo_url: string | null;
}

/** The brand as pages use it. */
export const shownBrand = ({ brand_name, brand_color, brand_logo_url }: Branded) => ({
  name: brand_name,
  color: brand_color,
  text_color: brand_color === null ? null : textColorOn(brand_color),
  logo_url: brand_logo_url,
});

/** The business as its own people see it. */
export const shownTenant = <T extends Branded & PlanFacts>(
  tenant: T,
  usage: { users: number; machine_clients: number },
) => ({
  ...tenant,
  brand: shownBrand(tenant),
  plan: { name: tenant.plan, limits: limitsOf(tenant), usage },
});
