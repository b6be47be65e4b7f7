import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Registration, Registrations } from '../providers/index.ts'
import type { Place, Vault } from '../vault/index.ts'

/** Longer than a registration may take: its requests are bounded far below. */
const leaseMs = 60_000

/**
 * Registrations in the database, sealed. Of all who ask at a time, over all processes, one registers. `now` is milliseconds since
 * the epoch.
 */
export function createRegistrations ({ sql }: Database, vault: Vault, now: () => number = Date.now): Registrations {
  return {
    obtain: async (provider, host, register, stale) => {
      for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, 500)) {
        const known = await read(provider, host)
        if (known !== undefined && known.clientId !== stale?.clientId && !isOver(known, now())) return known
        const id = await take(provider, host, known ?? stale)
        if (id !== undefined) return await registerUnder(id, register)
        await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + Math.random() / 2)))
      }
    }
  }

  async function read (provider: string, host: string): Promise<Registration | undefined> {
    const [row] = await sql<Array<{ id: string, client: string | null }>>`
      select id, client from registrations where provider = ${provider} and host = ${host}`
    return row === undefined || row.client === null ? undefined : JSON.parse(vault.open(row.client, placeOf(row.id)))
  }

  /** The row's id for the one who may register now. The sealed client that was seen must still be the one there. */
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
      : JSON.parse(vault.open(row.client, placeOf(row.id)))
    if (current === undefined || current.clientId === seen?.clientId) return row.id
    // Somebody has registered between our look and our lease.
    await sql`update registrations set lease_until = null where id = ${row.id}`
    return undefined
  }

  async function registerUnder (id: string, register: () => Promise<Registration>): Promise<Registration> {
    try {
      const made = await register()
      await sql`
        update registrations set client = ${vault.seal(JSON.stringify(made), placeOf(id))}, lease_until = null, updated_at = now()
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

function placeOf (id: string): Place {
  return { table: 'registrations', column: 'client', id }
}
