import { align } from './align.ts'
import type { Figure } from './figures/figure.ts'
import { describeEnvironment } from './machine.ts'
import type { Machine } from './machine.ts'
import type { BenchResult } from './run-bench.ts'

export interface Report extends BenchResult {
  commit: string | null
  machine: Machine
}

/** The report as text: the figures, then the measures behind them. */
export function show ({ commit, machine, figures, skipped, measures }: Report, known: Figure[]): string {
  const about = new Map(known.map((figure) => [figure.id, figure]))
  const table = figures.map(({ id, median, low, high, target, ok }) => {
    const { unit = '', about: text = '' } = about.get(id) ?? {}
    const digits = unit === 'ms' || unit === 'MiB' ? 1 : 3
    const number = (value: number): string => value.toFixed(digits)
    return [id, `${number(median)} ${unit}`.trim(), `${number(low)} – ${number(high)}`, target, ok ? 'reached' : 'MISSED', text]
  })
  return [
    describeEnvironment(commit, machine),
    '',
    ...align([['figure', 'median', 'low – high', 'target', '', ''], ...table]),
    ...skipped.map(({ id, reason }) => `${id}  skipped: ${reason}`),
    '',
    'measured, by round:',
    ...measures.flatMap(({ name, rounds }) => [
      `  ${name}`,
      ...Object.keys(rounds[0] ?? {}).map((fact) => `    ${fact}: ${rounds.map((round) => round[fact] ?? '').join(' · ')}`)
    ])
  ].join('\n')
}
