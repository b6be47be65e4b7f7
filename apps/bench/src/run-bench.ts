import type { Figure, FigureId, Round } from './figures/figure.ts'
import { meets } from './figures/figure.ts'
import type { Environment } from './environment/bench-context.ts'
import { missingReasons } from './environment/programs.ts'
import type { AnyMeasure, Measure } from './measures/measure.ts'
import { summarize } from './statistics.ts'
import type { Summary } from './statistics.ts'

interface FigureResult extends Summary {
  id: FigureId
  target: string
  ok: boolean
}

export interface BenchResult {
  figures: FigureResult[]
  /** Figures that could not be measured here, with the reasons. */
  skipped: Array<{ id: FigureId, reason: string }>
  /** The numbers behind the figures, with one entry per round. */
  measures: Array<{ name: string, rounds: Array<Record<string, string>> }>
}

/**
 * Runs all measures that `figures` need once per round, each round in another order, so a temporary slowdown of the machine
 * affects all of them. Rejects when a measure fails or its counts are wrong.
 */
export async function runBench (environment: Environment, figures: Figure[], say: (line: string) => void): Promise<BenchResult> {
  const skipped = figures.flatMap((figure) => {
    const missing = figure.needs.flatMap(({ needs = [] }) => needs).find((program) => !environment.programs.includes(program))
    return missing === undefined ? [] : [{ id: figure.id, reason: missingReasons[missing] }]
  })
  const possible = figures.filter(({ id }) => !skipped.some((figure) => figure.id === id))
  const measures = [...new Set(possible.flatMap(({ needs }) => needs))]
  for (const { id, reason } of skipped) say(`${id} is skipped: ${reason}`)

  const results = new Map<AnyMeasure, object[]>(measures.map((measure) => [measure, []]))
  const rounds: Round[] = []
  for (let round = 0; round < environment.sizes.rounds; round++) {
    for (const measure of rotate(measures, round)) {
      const startedAt = Date.now()
      const result = await run(measure, environment)
      results.get(measure)?.push(result)
      const facts = Object.entries(measure.tell(result)).map(([name, value]) => `${name} ${value}`).join(', ')
      say(`round ${round + 1}/${environment.sizes.rounds}  ${measure.name}: ${facts}  (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
    }
    rounds.push({ of: <Result extends object>(measure: Measure<Result>) => results.get(measure)?.[round] as Result })
  }

  return {
    figures: possible.map((figure) => {
      const summary = summarize(rounds.map((round) => figure.of(round)))
      return { id: figure.id, ...summary, target: describeTarget(figure), ok: meets(figure, summary.median) }
    }),
    skipped,
    measures: measures.map((measure) => ({
      name: measure.name, rounds: (results.get(measure) ?? []).map((result) => measure.tell(result))
    }))
  }
}

export function describeTarget ({ target, unit }: Figure): string {
  const [sign, value] = 'atLeast' in target ? ['≥', target.atLeast] : ['≤', target.atMost]
  return `${sign} ${value}${unit === '' ? '' : ` ${unit}`}`
}

function rotate<Item> (items: Item[], by: number): Item[] {
  const start = items.length === 0 ? 0 : by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

async function run (measure: AnyMeasure, environment: Environment): Promise<object> {
  try {
    return await measure.run(environment)
  } catch (error) {
    throw new Error(`${measure.name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
