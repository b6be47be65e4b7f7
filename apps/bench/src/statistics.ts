/** The percentile `share` by nearest rank. NaN for an empty list. */
export function percentile (values: number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(sorted.length * share / 100) - 1)] ?? NaN
}

export interface Summary {
  median: number
  low: number
  high: number
}

/** The median, minimum and maximum of the rounds. */
export function summarize (values: number[]): Summary {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  const [lower = NaN, upper = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return { median: (lower + upper) / 2, low: sorted[0] ?? NaN, high: sorted.at(-1) ?? NaN }
}
