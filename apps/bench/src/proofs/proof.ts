import type { BackendKind, Carillon, CarillonOptions } from '../environment/carillon.ts'
import { openCarillon } from '../environment/carillon.ts'
import type { BenchContext } from '../environment/bench-context.ts'

export interface ProofOptions {
  people: number
  backend: BackendKind
  /** What chance decides is decided by it: the same seed, the same moments. */
  seed: number
  outageSeconds: number
  leaseSeconds: number
}

/** What a proof has seen, for people and programs. */
export type Facts = Record<string, string | number>

/** Something that must be true however many people are rung. */
export interface Proof {
  name: 'everyone' | 'killed' | 'outage' | 'controlled'
  about: string
  /** Rejects with both numbers when a count is not what it must be. */
  run: (context: BenchContext, options: ProofOptions, say: (line: string) => void) => Promise<Facts>
}

/** Carillon with everybody connected, for as long as `work` takes. */
export async function withCarillon<Result> (
  context: BenchContext,
  { people, backend }: ProofOptions,
  settings: CarillonOptions['settings'],
  work: (carillon: Carillon) => Promise<Result>
): Promise<Result> {
  const carillon = await openCarillon(context, { backend, audience: people, settings: { RECONCILE_SECONDS: '1', ...settings } })
  try {
    return await work(carillon)
  } finally {
    await carillon.close()
  }
}

/**
 * So that ringing few people lasts for `seconds` at least, and has a middle in which something can happen. It is to be long
 * where that must not come too late, be a process held up for seconds.
 */
export function unhurried ({ people }: ProofOptions, seconds: number): Record<string, string> {
  return { PUSHBULLET_MAX_PER_SECOND: String(Math.min(100_000, Math.ceil(people / seconds))) }
}
