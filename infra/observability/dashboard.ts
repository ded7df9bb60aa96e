/**
 * A dashboard as it is written here, and as Grafana reads it. The short form is the source: what
 * Grafana wants of a panel is twenty times as long, and the same for all of them.
 */

export interface Query {
  /** PromQL; `$service` is what the reader has chosen, `$__rate_interval` fits his resolution. */
  query: string;
  /** What a series is called, such as `{{service}}`. */
  legend: string;
}

/** Grafana's names of units. */
type Unit = 'bytes' | 'ms' | 'none' | 'percentunit' | 'reqps' | 's' | 'short';

export interface Panel {
  title: string;
  unit: Unit;
  queries: Query[];
  /** A number that stands for now, instead of a line over time. */
  now?: true;
  /** How it is read, where the title does not say it. */
  description?: string;
  /** Why it is empty where all is well, or where a part is not used. */
  empty_when?: string;
}

export interface Dashboard {
  /** Its address in Grafana, stable for good. */
  uid: string;
  title: string;
  /** Whether the reader chooses services. */
  by_service?: true;
  rows: { title: string; panels: Panel[] }[];
}

/** The first of several queries may stand alone. */
export function panel(
  title: string,
  unit: Unit,
  queries: Record<string, string>,
  more: Pick<Panel, 'now' | 'description' | 'empty_when'> = {},
): Panel {
  const listed = Object.entries(queries).map(([legend, query]) => ({ legend, query }));
  return { title, unit, queries: listed, ...more };
}

const COLUMNS = 24;
const HEIGHT = 8;
const NUMBER_HEIGHT = 4;
/** Of Grafana 11; a later one brings it up to its own. */
const SCHEMA_VERSION = 39;

const datasource = { type: 'prometheus', uid: '$datasource' };

const variables = ({ by_service }: Dashboard) => [
  { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus', current: {} },
  ...(by_service
    ? [
        {
          name: 'service',
          type: 'query',
          label: 'Service',
          datasource,
          definition: SERVICES,
          query: { query: SERVICES, refId: 'services' },
          refresh: 2,
          includeAll: true,
          multi: true,
          allValue: '.*',
          current: { selected: true, text: ['All'], value: ['$__all'] },
        },
      ]
    : []),
];
const SERVICES = 'label_values(up{job="roundhouse"}, service)';

function grafanaPanel({ title, unit, queries, now, description = '' }: Panel) {
  const targets = queries.map(({ query, legend }, index) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + index),
    datasource,
    expr: query,
    legendFormat: legend,
    editorMode: 'code',
    range: now === undefined,
    instant: now === true,
  }));
  const custom = now ? {} : { fillOpacity: 8, showPoints: 'never' };
  return {
    type: now ? 'stat' : 'timeseries',
    ...{ title, description, datasource, targets },
    fieldConfig: { defaults: { unit, custom, ...(now ? {} : { min: 0 }) }, overrides: [] },
    options: now
      ? { reduceOptions: { calcs: ['lastNotNull'] }, textMode: 'value_and_name' }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
  };
}

/** Rows under each other, the panels of a row side by side: numbers four, lines two or three. */
export function toGrafana(dashboard: Dashboard): object {
  let y = 0;
  let id = 0;
  const panels = dashboard.rows.flatMap((row) => {
    id += 1;
    const header = {
      ...{ type: 'row', title: row.title, id, collapsed: false, panels: [] },
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    };
    y += 1;
    const h = row.panels.every(({ now }) => now) ? NUMBER_HEIGHT : HEIGHT;
    const w = Math.floor(COLUMNS / Math.min(Math.max(row.panels.length, 2), 4));
    const each = Math.floor(COLUMNS / w);
    const placed = row.panels.map((one, index) => {
      id += 1;
      const gridPos = { x: (index % each) * w, y: y + Math.floor(index / each) * h, w, h };
      return { ...grafanaPanel(one), id, gridPos };
    });
    y += Math.ceil(row.panels.length / each) * h;
    return [header, ...placed];
  });
  return {
    ...{ uid: dashboard.uid, title: dashboard.title, tags: ['roundhouse'], timezone: 'browser' },
    ...{ schemaVersion: SCHEMA_VERSION, editable: true, graphTooltip: 1, refresh: '30s' },
    time: { from: 'now-1h', to: 'now' },
    templating: { list: variables(dashboard) },
    links: [
      {
        ...{ type: 'dashboards', tags: ['roundhouse'], title: 'Roundhouse' },
        ...{ asDropdown: true, includeVars: true, keepTime: true },
      },
    ],
    panels,
  };
}
