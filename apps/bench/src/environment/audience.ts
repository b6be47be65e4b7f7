import { sealCredentials } from '@carillon/shared/grants'
import { newId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import type { Vault } from '@carillon/shared/vault'

/** A user with a connected Pushbullet account at the sandbox. */
export interface Person {
  /** The site's id, which is also the account's name. */
  userId: string
  connectionId: string
  accessToken: string
}

export function toPerson ({ account, accessToken }: { account: string, accessToken: string }): Person {
  return { userId: account, connectionId: newId(), accessToken }
}

const peoplePerStatement = 10_000

/** Stores people and their connections like an import through the API, several hundred times as fast. */
export async function connectPeople ({ sql }: Database, vault: Vault, people: Person[]): Promise<void> {
  for (let start = 0; start < people.length; start += peoplePerStatement) {
    const some = people.slice(start, start + peoplePerStatement)
    await sql`
      with person as (
        select * from unnest(
          ${some.map(() => newId())}::uuid[], ${some.map(({ connectionId }) => connectionId)}::uuid[], ${some.map(({ userId }) => userId)}::text[],
          ${some.map(({ connectionId, accessToken }) => sealCredentials(vault, connectionId, { accessToken }))}::text[]
        ) as person (user_id, connection_id, account, credentials)
      ), made as (
        insert into users (id, external_id) select user_id, account from person
      ), granted as (
        insert into grants (id, provider, status, credentials) select connection_id, 'pushbullet', 'active', credentials from person
      )
      insert into connections (id, user_id, provider, status, account_id, account_name, grant_id)
      select connection_id, user_id, 'pushbullet', 'active', account, account, connection_id from person`
  }
}
