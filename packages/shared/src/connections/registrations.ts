import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Registration, Registrations } from '../providers/index.ts'
import { poll } from '../retry/index.ts'
import { sealContext } from '../vault/index.ts'
import type { Vault } from '../vault/index.ts'

/** Longer than a registration may take, because its requests have shorter timeouts. */
const leaseMs = 60_000

/**
 * Stores client registrations in the database, sealed. When several processes need the same registration, one of them registers.
 * `now` is in milliseconds since the epoch.
 */
export function createRegistrations ({ sql }: Database, vault: Vault, now: () => number = Date.now): Registrations {
  return {
    obtain: (provider, host, register, stale) => poll(async () => {
      const known = await read(provider, host)
      if (known !== undefined && known.clientId !== stale?.clientId && !isOver(known, now())) return known
      const id = await take(provider, host, known ?? stale)
      return id === undefined ? undefined : await registerUnder(id, register)
    })
  }

  async function read (provider: string, host: string): Promise<Registration | undefined> {
    const [row] = await sql<Array<{ id: string, client: string | null }>>`
      select id, client from registrations where provider = ${provider} and host = ${host}`
    return row === undefined || row.client === null ? undefined : JSON.parse(vault.open(row.client, sealContext('registrations.client', row.id)))
  }

  /** The id of the row if this process may register now. The row must still contain the client that was read. */
  async function take (provider: string, host: string, seen: Registration | undefined): Promise<string | undefined> {
    const [row] = await sql<Array<{ id: string, client: string | null }>>`
      insert into registrations (id, provider, host, lease_until)
      values (${newId()}, ${provider}, ${host}, now() + ${leaseMs}::int * interval '1 millisecond')
      on conflict (provider, host) do update set lease_until = excluded.lease_until
      where registrations.lease_until is null or registrations.lease_until < now()
      returning id, client`
    if (row === undefined) return undefined
    const current: Registration | undefined = row.client === null
      ? undefined
      : JSON.parse(vault.open(row.client, sealContext('registrations.client', row.id)))
    if (current === undefined || current.clientId === seen?.clientId) return row.id
    // Another process registered after the row was read.
    await sql`update registrations set lease_until = null where id = ${row.id}`
    return undefined
  }

  async function registerUnder (id: string, register: () => Promise<Registration>): Promise<Registration> {
    try {
      const made = await register()
      await sql`
        update registrations set client = ${vault.seal(JSON.stringify(made), sealContext('registrations.client', id))}, lease_until = null, updated_at = now()
        where id = ${id}`
      return made
    } catch (error) {
      await sql`delete from registrations where id = ${id} and client is null`
      await sql`update registrations set lease_until = null where id = ${id}`
      throw error
    }
  }
}

function isOver ({ expiresAt }: Registration, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now
}
