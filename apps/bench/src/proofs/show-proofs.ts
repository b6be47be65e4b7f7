import { align } from '../align.ts'
import type { Machine } from '../machine.ts'
import { describeEnvironment } from '../machine.ts'
import type { ProofOptions } from './proof.ts'
import type { ProofResult } from './run-proofs.ts'

export interface ProofReport {
  commit: string | null
  machine: Machine
  options: Omit<ProofOptions, 'channels'>
  proofs: ProofResult[]
}

const columns = ['sent', 'canceled', 'repeated', 'seconds']

/** The report as text, with one line per proof. */
export function showProofs ({ commit, machine, options: { people, backend, seed, latencyMs }, proofs }: ProofReport): string {
  const rows = proofs.map(({ name, ok, facts, failure }) => {
    const others = Object.entries(facts).filter(([fact]) => !columns.includes(fact))
    return [
      name, ok ? 'holds' : 'FAILS', ...columns.map((column) => numberOf(facts[column])),
      failure ?? others.map(([fact, value]) => `${fact}: ${numberOf(value)}`).join(', ')
    ]
  })
  return [
    describeEnvironment(commit, machine),
    `${people.toLocaleString('en')} people, jobs in ${backend === 'redis' ? 'Redis' : 'PostgreSQL'}, seed ${seed}${latencyMs === 0 ? '' : `, Pushbullet at ${latencyMs} ms`}`,
    '',
    ...align([['proof', '', ...columns, ''], ...rows])
  ].join('\n')
}

function numberOf (value: string | number | undefined): string {
  if (value === undefined) return '–'
  return typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 1, useGrouping: true }) : value
}
