/** The few forms of a question that dashboards are made of; instances are always summed. */

const among = (where: string) => (where === '' ? '' : `{${where}}`);
const by = (labels: string) => (labels === '' ? '' : ` by (${labels})`);

/** How often a second, over as long as the reader's resolution needs. */
export const rate = (counter: string, labels = '', where = ''): string =>
  `sum${by(labels)} (rate(${counter}${among(where)}[$__rate_interval]))`;

/** How often in the time that is shown. */
export const inRange = (counter: string, labels = '', where = ''): string =>
  `sum${by(labels)} (increase(${counter}${among(where)}[$__range]))`;

/** What so many of 100 stay below, of a histogram. */
export const percentile = (of100: number, histogram: string, labels = '', where = ''): string => {
  const buckets = rate(`${histogram}_bucket`, labels === '' ? 'le' : `${labels}, le`, where);
  return `histogram_quantile(${of100 / 100}, ${buckets})`;
};

/** What all instances have asked of the same database. */
export const shared = (gauge: string, labels: string, where = ''): string =>
  `max${by(labels)} (${gauge}${among(where)})`;
