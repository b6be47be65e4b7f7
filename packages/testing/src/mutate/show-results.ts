import { groupBy } from './group-by.ts'
import type { MutationResult } from './run-mutation.ts'

export interface Score {
  total: number
  killed: number
  survived: number
  equivalent: number
  /** The share of counted mutations that survived without a reason. */
  share: number
}

export function scoreOf (results: MutationResult[]): Score {
  const counted = results.filter(({ status }) => status !== 'invalid')
  const killed = counted.filter(({ status }) => status !== 'survived').length
  const silent = counted.filter(({ status }) => status === 'survived')
  const equivalent = silent.filter(({ mutation }) => mutation.equivalent !== undefined).length
  const survived = silent.length - equivalent
  return { total: counted.length, killed, survived, equivalent, share: counted.length === 0 ? 0 : survived / counted.length }
}

/** The table of docs/testing.md: one line per file, and every surviving mutation with its reason. */
export function showResults (results: MutationResult[]): string {
  const files = [...groupBy(results, ({ mutation }) => mutation.file)]
  const row = (name: string, own: MutationResult[]): string => {
    const { total, killed, equivalent, survived } = scoreOf(own)
    return `| ${name} | ${total} | ${killed} | ${equivalent} | ${survived} |`
  }
  const silent = results.filter(({ status }) => status === 'survived')
  return [
    '| file | mutations | noticed | equivalent | survived |',
    '|---|---|---|---|---|',
    ...files.map(([file, own]) => row(`\`${file}\``, own)),
    row('all', results),
    '',
    ...silent.map(({ mutation: { file, name, equivalent } }) =>
      `- \`${file}\`: ${name.replaceAll('`', '\'')}${equivalent === undefined ? '' : `: ${equivalent}`}`)
  ].join('\n')
}
