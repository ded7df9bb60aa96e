/** Plots as Mermaid draws them from text: `xychart-beta`. */

export interface Line {
  /** Named in the sentence below the plot: the chart itself has no legend. */
  name: string;
  values: readonly number[];
}

export interface Plot {
  title: string;
  /** What stands below each point. */
  points: readonly string[];
  /** What is counted upwards, with its unit. */
  axis: string;
  kind: 'line' | 'bar';
  lines: readonly Line[];
}

const quoted = (text: string) => `"${text.replaceAll('"', "'")}"`;
const plain = (value: number) => String(Number(value.toPrecision(4)));

/** Undefined where there is nothing to draw: Mermaid refuses a chart without a figure. */
export function plotOf({ title, points, axis, kind, lines }: Plot): string | undefined {
  const drawn = lines.filter(
    ({ values }) => values.length === points.length && values.every(Number.isFinite),
  );
  const all = drawn.flatMap(({ values }) => values);
  if (points.length === 0 || all.length === 0) return undefined;
  const top = Math.max(...all, Number.MIN_VALUE);
  const names = drawn.map(({ name }) => name).join(', ');
  return [
    '```mermaid',
    'xychart-beta',
    `  title ${quoted(title)}`,
    `  x-axis [${points.map(quoted).join(', ')}]`,
    `  y-axis ${quoted(axis)} 0 --> ${plain(top * 1.1)}`,
    ...drawn.map(({ values }) => `  ${kind} [${values.map(plain).join(', ')}]`),
    '```',
    ...(drawn.length > 1 ? ['', `From the first line to the last: ${names}.`] : []),
  ].join('\n');
}
