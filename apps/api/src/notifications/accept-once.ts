import type { ApiKey } from '@carillon/shared/api-keys'
import type { Accepted } from '@carillon/shared/deliveries'
import { AlreadyAcceptedError, findNotification, StaleKeyError } from '@carillon/shared/notifications'
import type { Draft, Notification } from '@carillon/shared/notifications'
import { refuseKey } from '../auth/callers.ts'
import { notFound } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { toAcceptedNotification } from './accepted-notification.ts'

interface AcceptOptions {
  /** The maximum of recipients that each returned notification names. */
  named: number
  /** Has created all drafts. */
  key: ApiKey | undefined
  /** Reads the key again. Throws Problem when it is not accepted any more. */
  readKey: () => Promise<ApiKey | undefined>
}

/**
 * Accepts drafts, all or none, and returns their notifications. When they were accepted before, by a request whose process
 * crashed before it responded, returns them as they are now.
 */
export async function acceptOnce (
  { accepter, database, now }: Pick<Services, 'accepter' | 'database' | 'now'>, drafts: Draft[],
  { named, key, readKey }: AcceptOptions
): Promise<Notification[]> {
  try {
    const accepted = await acceptWithCurrentKey(accepter, drafts, readKey)
    const at = now()
    return drafts.flatMap((draft, index) => {
      const one = accepted[index]
      return one === undefined ? [] : [toAcceptedNotification(draft, one, { at, named, key })]
    })
  } catch (error) {
    if (!(error instanceof AlreadyAcceptedError)) throw error
    const found: Notification[] = []
    for (const { id } of drafts) found.push(await findNotification(database, id, named) ?? refuseMissing())
    return found
  }
}

/** The key that was checked may come from a cache. When it has changed since, it is checked again. */
async function acceptWithCurrentKey (
  accepter: Services['accepter'], drafts: Draft[], readKey: AcceptOptions['readKey']
): Promise<Accepted[]> {
  try {
    return await accepter.acceptAll(drafts)
  } catch (error) {
    if (!(error instanceof StaleKeyError)) throw error
  }
  const keyVersion = (await readKey())?.version
  return await accepter.acceptAll(drafts.map((draft) => ({ ...draft, keyVersion }))).catch((error: unknown) => {
    if (error instanceof StaleKeyError) refuseKey()
    throw error
  })
}

function refuseMissing (): never {
  throw notFound('notification')
}
