import { setTimeout } from 'node:timers/promises'
import { findHandshake } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Services } from '../services.ts'

/** Longer than a provider may take for the token and the account together. */
const patienceMs = 30_000
const everyMs = 150

/** The handshake as it is when the request that claimed it is done with it, or after `patienceMs`. */
export async function awaitOutcome ({ database, now }: Pick<Services, 'database' | 'now'>, handshake: Handshake): Promise<Handshake> {
  const deadline = performance.now() + patienceMs
  for (let current = handshake; ;) {
    if (current.status !== 'pending' || !current.claimed || performance.now() >= deadline) return current
    await setTimeout(everyMs)
    current = await findHandshake(database, handshake.id, now()) ?? current
  }
}
