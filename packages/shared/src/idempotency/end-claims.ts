import type { Database } from '../db/index.ts'

export interface ClaimEnd {
  callerId: string
  keyHash: string
  leaseId: string
  outcome: 'completed' | 'forgotten' | 'released'
  /** Sealed. */
  response?: string
}

/** Ends claims, in one statement. A claim whose lease another request has taken over stays as it is. */
export async function endClaims ({ sql }: Database, ends: ClaimEnd[]): Promise<undefined[]> {
  await sql`
    with ended as (
      select * from jsonb_to_recordset(${JSON.stringify(ends)}::jsonb)
        as ended ("callerId" uuid, "keyHash" text, "leaseId" uuid, outcome text, response text)
    ), held as materialized (
      select ended.* from ended join idempotency_keys as stored
        on caller_id = "callerId" and key_hash = "keyHash" and lease_id = "leaseId"
      order by caller_id, key_hash for update of stored
    ), forgotten as (
      delete from idempotency_keys as stored using held
      where caller_id = "callerId" and key_hash = "keyHash" and outcome = 'forgotten'
    )
    update idempotency_keys as stored set lease_id = null, lease_until = null, response = held.response
    from held where caller_id = "callerId" and key_hash = "keyHash" and outcome <> 'forgotten'`
  return ends.map(() => undefined)
}
