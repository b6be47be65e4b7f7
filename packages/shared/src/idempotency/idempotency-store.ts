import { hash } from 'node:crypto'
import { groupCalls, newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { sealContext } from '../vault/index.ts'
import type { Vault } from '../vault/index.ts'
import { claimKeys } from './claim-keys.ts'
import type { KeyRequest } from './claim-keys.ts'
import { endClaims } from './end-claims.ts'
import type { ClaimEnd } from './end-claims.ts'

/** A response as it is repeated. */
export interface StoredResponse {
  status: number
  headers: Record<string, string>
  body: string
}

/** The request that holds a key. */
export interface KeyClaim {
  callerId: string
  keyHash: string
  leaseId: string
  /** The id for what the request creates. */
  resourceId: string
}

/** What to do with a request that has a key. */
export type KeyState =
  /** Handle it, and end the claim. */
  | { kind: 'claimed', claim: KeyClaim }
  | { kind: 'completed', response: StoredResponse }
  /** Another request with this key is being handled. */
  | { kind: 'running' }
  /** The key belongs to a different request. */
  | { kind: 'reused' }

export interface IdempotencyStore {
  claim: (request: { callerId: string, key: string, fingerprint: string }) => Promise<KeyState>
  /** Stores the response for later requests with the key. */
  complete: (claim: KeyClaim, response: StoredResponse) => Promise<void>
  /** Frees the key for any request: this one has changed nothing. */
  forget: (claim: KeyClaim) => Promise<void>
  /** Lets the same request try again at once: this one may have changed something. */
  release: (claim: KeyClaim) => Promise<void>
}

/** Keys in PostgreSQL. Concurrent calls share their statements. */
export function createIdempotencyStore ({ database, vault }: { database: Database, vault: Vault }): IdempotencyStore {
  const claims = groupCalls((requests: KeyRequest[]) => claimKeys(database, requests))
  const ends = groupCalls((ends: ClaimEnd[]) => endClaims(database, ends))

  return {
    async claim ({ callerId, key, fingerprint }) {
      const keyHash = hash('sha256', key, 'base64url')
      const leaseId = newId()
      const found = await claims({ callerId, keyHash, requestHash: hash('sha256', fingerprint, 'base64url'), leaseId })
      if (found === undefined) return { kind: 'running' }
      const { isReused, isClaimed, resourceId, response } = found
      if (isReused) return { kind: 'reused' }
      if (isClaimed) return { kind: 'claimed', claim: { callerId, keyHash, leaseId, resourceId } }
      return response === null ? { kind: 'running' } : { kind: 'completed', response: JSON.parse(vault.open(response, contextOf({ callerId, keyHash }))) }
    },
    complete: async (claim, response) => {
      await ends({ ...claim, outcome: 'completed', response: vault.seal(JSON.stringify(response), contextOf(claim)) })
    },
    forget: async (claim) => { await ends({ ...claim, outcome: 'forgotten' }) },
    release: async (claim) => { await ends({ ...claim, outcome: 'released' }) }
  }
}

function contextOf ({ callerId, keyHash }: Pick<KeyClaim, 'callerId' | 'keyHash'>) {
  return sealContext('idempotency_keys.response', callerId, keyHash)
}
