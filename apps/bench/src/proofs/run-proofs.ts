import type { BenchContext } from '../environment/bench-context.ts'
import type { Facts, Proof, ProofOptions } from './proof.ts'

export interface ProofResult {
  name: Proof['name']
  ok: boolean
  facts: Facts
  /** The result that was found instead. Null when the proof holds. */
  failure: string | null
}

/** Runs proofs one after the other. A failed proof does not prevent the others. */
export async function runProofs (
  context: BenchContext, proofs: Proof[], options: ProofOptions, say: (line: string) => void
): Promise<ProofResult[]> {
  const results: ProofResult[] = []
  for (const { name, about, run } of proofs) {
    say(`${name}: ${about}`)
    const result = await run(context, options, say).then(
      (facts) => ({ name, ok: true, facts, failure: null }),
      (error: unknown) => ({ name, ok: false, facts: {}, failure: error instanceof Error ? error.message : String(error) }))
    say(`${name}: ${result.failure ?? 'holds'}`)
    results.push(result)
  }
  return results
}
