import type { Database } from '../db/index.ts'

export interface KeyRequest {
  callerId: string
  keyHash: string
  requestHash: string
  /** New and unique. It becomes the id of what the request creates, unless an earlier request with the key has chosen another. */
  leaseId: string
}

interface FoundKey {
  isClaimed: boolean
  /** Whether another request used the key first. */
  isReused: boolean
  resourceId: string
  /** Sealed. Null while the first request is being handled. */
  response: string | null
}

/** A request ends sooner, unless its process crashes. An import may take more than a minute. */
const leaseSeconds = 180
/** For how long a response is repeated. */
export const retentionHours = 24

/**
 * Claims keys for requests, in one statement. Returns what each key belongs to, in the order of the requests; undefined for a key
 * that a concurrent statement claims.
 */
export async function claimKeys ({ sql }: Database, requests: KeyRequest[]): Promise<Array<FoundKey | undefined>> {
  const lease = sql`now() + ${leaseSeconds} * interval '1 second'`
  const isOld = sql`stored.created_at < now() - ${retentionHours} * interval '1 hour'`
  const rows = await sql<Array<FoundKey & { leaseId: string }>>`
    with asked as (
      select * from jsonb_to_recordset(${JSON.stringify(requests)}::jsonb)
        as asked ("callerId" uuid, "keyHash" text, "requestHash" text, "leaseId" uuid)
    ), claimed as (
      insert into idempotency_keys as stored (caller_id, key_hash, request_hash, resource_id, lease_id, lease_until)
      -- One request per key, in the order in which all statements lock keys.
      select distinct on ("callerId", "keyHash") "callerId", "keyHash", "requestHash", "leaseId", "leaseId", ${lease}
      from asked order by "callerId", "keyHash", "leaseId"
      on conflict (caller_id, key_hash) do update set
        lease_id = excluded.lease_id, lease_until = excluded.lease_until, response = null, request_hash = excluded.request_hash,
        resource_id = case when ${isOld} then excluded.resource_id else stored.resource_id end,
        created_at = case when ${isOld} then now() else stored.created_at end
      where ${isOld} or (stored.response is null and stored.request_hash = excluded.request_hash
        and (stored.lease_until is null or stored.lease_until < now()))
      returning caller_id, key_hash, request_hash, resource_id, lease_id, response
    ), found as (
      select * from claimed
      union all
      select caller_id, key_hash, request_hash, resource_id, lease_id, response from idempotency_keys
      where (caller_id, key_hash) in (select "callerId", "keyHash" from asked)
        and (caller_id, key_hash) not in (select caller_id, key_hash from claimed)
    )
    select "leaseId", coalesce(lease_id = "leaseId", false) as "isClaimed", request_hash <> "requestHash" as "isReused",
      resource_id as "resourceId", response
    from asked join found on caller_id = "callerId" and key_hash = "keyHash"`
  const byLease = new Map(rows.map(({ leaseId, ...found }) => [leaseId, found]))
  return requests.map(({ leaseId }) => byLease.get(leaseId))
}
