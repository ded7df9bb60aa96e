import type { Office } from './office.ts';

/** How a list is asked for, and how it gets one row more, where neither follows from its path. */
export interface List {
  params?: (office: Office) => Promise<Record<string, string>>;
  more?: (office: Office) => Promise<unknown> | undefined;
}
