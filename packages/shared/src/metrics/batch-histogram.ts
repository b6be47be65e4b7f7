import { Histogram } from 'prom-client'
import type { HistogramConfiguration, Registry } from 'prom-client'

export interface BatchHistogram {
  /** Starts a series at zero. */
  zero: (label: string) => void
  /** Counts the values of a batch. */
  observeAll: (label: string, values: readonly number[]) => void
}

interface Series {
  /** The number of values in each bucket alone. The last one is above all bounds. */
  counts: number[]
  sum: number
}

/**
 * A histogram with one label, which it looks up once per batch. `observe` of prom-client checks and hashes the labels of each
 * value, which costs about a microsecond. The name, the labels and the buckets in a scrape are those of prom-client.
 */
export function createBatchHistogram (
  registry: Registry, { name, help, label, buckets }: Pick<HistogramConfiguration<string>, 'name' | 'help'> & { label: string, buckets: number[] }
): BatchHistogram {
  const all = new Map<string, Series>()
  const histogram = new Histogram({ name, help, labelNames: [label], buckets, registers: [] })
  const get = async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: [...all].flatMap(toValues) })
  // The registry calls the second one, which the types of prom-client leave out, if there is one.
  registry.registerMetric(Object.assign(histogram, { get, getForPromString: get }))

  return {
    zero: (of) => { seriesOf(of) },
    observeAll: (of, values) => {
      const series = seriesOf(of)
      for (const value of values) {
        let bucket = 0
        while (value > (buckets[bucket] ?? Infinity)) bucket++
        series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
        series.sum += value
      }
    }
  }

  function seriesOf (of: string): Series {
    const found = all.get(of) ?? { counts: Array.from({ length: buckets.length + 1 }, () => 0), sum: 0 }
    all.set(of, found)
    return found
  }

  function toValues ([of, { counts, sum }]: [string, Series]) {
    let total = 0
    const values = counts.map((count, index) => {
      total += count
      return { metricName: `${name}_bucket`, labels: { le: buckets[index] ?? '+Inf', [label]: of }, value: total }
    })
    return [
      ...values,
      { metricName: `${name}_sum`, labels: { [label]: of }, value: sum },
      { metricName: `${name}_count`, labels: { [label]: of }, value: total }
    ]
  }
}
