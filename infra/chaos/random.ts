/** Chance that can be repeated: all of a run's choices come from its seed. */
export interface Random {
  /** From 0 to 1. */
  next(): number;
  /** From 0 to one below. */
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
  /** A choice by weight. */
  weighted<T extends { weight: number }>(list: readonly T[]): T;
  /** Times between events of a Poisson process, whose mean is given. */
  exponential(mean: number): number;
  uuid(): string;
  /** A generator of its own: what one part of a run draws changes nothing for another. */
  fork(name: string): Random;
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}

/** mulberry32: small, and even enough for choices; 2^32 states. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

export function seeded(seed: number): Random {
  const next = mulberry32(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  const word = () => hex(below(2 ** 32), 8);
  return {
    next,
    below,
    pick: (list) => {
      if (list.length === 0) throw new Error('There is nothing to pick from.');
      return list[below(list.length)] as (typeof list)[number];
    },
    weighted: (list) => {
      const total = list.reduce((sum, { weight }) => sum + weight, 0);
      let left = next() * total;
      const found = list.find(({ weight }) => {
        left -= weight;
        return left < 0;
      });
      return (found ?? list.at(-1)) as (typeof list)[number];
    },
    exponential: (mean) => -Math.log(1 - next()) * mean,
    uuid: () => {
      const [one, two, three, four] = [word(), word(), word(), word()];
      const version = `4${two.slice(5)}`;
      const variant = `${hex(8 + (below(2 ** 30) % 4), 1)}${three.slice(1, 4)}`;
      return `${one}-${two.slice(0, 4)}-${version}-${variant}-${three.slice(4)}${four}`;
    },
    fork: (name) => seeded(hashOf(`${seed} ${name}`)),
  };
}
