import type { Channel } from '../channels/channel.ts'
import type { BackendKind, Carillon, CarillonOptions } from '../environment/carillon.ts'
import { openCarillon } from '../environment/carillon.ts'
import type { BenchContext } from '../environment/bench-context.ts'

export interface ProofOptions {
  people: number
  backend: BackendKind
  /** The seed of all random choices: the same seed selects the same times. */
  seed: number
  outageSeconds: number
  leaseSeconds: number
  /** The median time in which Pushbullet answers. */
  latencyMs: number
  /** The providers to which everybody is connected, in the proof of several providers. */
  channels: Channel[]
}

/** The results of a proof, for people and programs. */
export type Facts = Record<string, string | number>

/** A statement that must hold for any number of people. */
export interface Proof {
  name: 'everyone' | 'killed' | 'outage' | 'controlled' | 'several'
  about: string
  /** Rejects with both numbers when a count is wrong. */
  run: (context: BenchContext, options: ProofOptions, say: (line: string) => void) => Promise<Facts>
}

/** Runs `work` with a Carillon in which all people are connected. */
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
 * Settings that limit the rate, so a broadcast to few people takes at least `seconds` and can be interrupted in its middle.
 * Choose a longer time if the interruption must not come too late on a slow machine.
 */
export function unhurried ({ people }: ProofOptions, seconds: number): Record<string, string> {
  return { PUSHBULLET_MAX_PER_SECOND: String(Math.min(100_000, Math.ceil(people / seconds))) }
}
