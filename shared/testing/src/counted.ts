import { metersText } from '@roundhouse/service/meters';

/** What this process has counted so far under a name and labels; 0 where it has counted nothing. */
export async function counted(name: string, labels: Record<string, string> = {}): Promise<number> {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const lines = (await metersText()).split('\n').filter((line) => {
    const [series = ''] = line.split(' ');
    return series.split('{')[0] === name && wanted.every((one) => series.includes(one));
  });
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
