import { readFileSync } from 'node:fs';

type Pairs = [string, string][];

/** One request to a real Kong, its answer, and what its service saw of it. */
export type RecordedCase = {
  name: string;
  request: {
    method: string;
    path: string;
    version?: string;
    headers: Pairs;
    body_description: string;
  };
  response: {
    status?: number;
    reason?: string;
    headers?: Pairs;
    body?: string;
    connection_after: 'open' | 'closed';
    interim?: string[];
    truncated?: boolean;
  };
  upstream: {
    port: number;
    method?: string;
    url?: string;
    headers?: Pairs;
    body_length?: number;
    attempts?: number;
  } | null;
  /** What was said on the WebSocket, and what came back. */
  websocket?: { sent: string; received: string };
};

/** The cases in the order in which they were recorded; those of the limits depend on it. */
export function readRecording(): RecordedCase[] {
  const text = readFileSync(new URL('cases.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { cases: RecordedCase[] }).cases;
}

/** What was too long to be written down ends with its last character, repeated. */
export function expand(text: string): string {
  const parts = /^(.*)(.)…<(\d+) characters in all>$/s.exec(text);
  if (parts === null) return text;
  const [, before = '', last = '', length] = parts;
  return before + last.repeat(Number(length) - before.length);
}
