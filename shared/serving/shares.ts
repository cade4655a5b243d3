/** How the requests that name no version are divided among the versions of a model. */
export class Shares<Version> {
  readonly #shares: ReadonlyMap<string, number>;
  /** Cumulated per cent; versions without a share are left out. */
  readonly #routes: readonly { readonly version: Version; readonly upTo: number }[];

  /**
   * @param shares per cent by the version's name
   * @param versions every version that has a share must be there
   */
  constructor(shares: ReadonlyMap<string, number>, versions: ReadonlyMap<string, Version>) {
    this.#shares = shares;
    let upTo = 0;
    this.#routes = [...shares].flatMap(([name, share]) => {
      if (share <= 0) return [];
      upTo += share;
      return [{ version: versions.get(name)!, upTo }];
    });
  }

  of(name: string): number {
    return this.#shares.get(name) ?? 0;
  }

  entries(): readonly (readonly [string, number])[] {
    return [...this.#shares];
  }

  /** The version for a request; undefined when none has a share. */
  pick(random: () => number = Math.random): Version | undefined {
    const routes = this.#routes;
    if (routes.length <= 1) return routes[0]?.version;
    // Of the sum rather than of 100: what rounding leaves over belongs to nobody else.
    const place = random() * routes.at(-1)!.upTo;
    return (routes.find(({ upTo }) => place < upTo) ?? routes.at(-1))!.version;
  }

  /** The version with the largest share. */
  main(): Version | undefined {
    let [best] = this.#routes;
    let largest = best?.upTo ?? 0;
    for (const [index, route] of this.#routes.entries()) {
      const share = route.upTo - (this.#routes[index - 1]?.upTo ?? 0);
      if (share > largest) [best, largest] = [route, share];
    }
    return best?.version;
  }
}

/**
 * The shares that are left where some versions could not be loaded: in the same proportion, 100 in all.
 * @param isThere whether a version is loaded
 */
export function withoutAbsent(
  shares: ReadonlyMap<string, number>,
  isThere: (version: string) => boolean,
): ReadonlyMap<string, number> {
  const left = [...shares].filter(([version]) => isThere(version));
  const sum = left.reduce((total, [, share]) => total + share, 0);
  return new Map(left.map(([version, share]) => [version, sum > 0 ? (share * 100) / sum : 0]));
}
