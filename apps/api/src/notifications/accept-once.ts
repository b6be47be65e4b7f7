import type { ApiKey } from '@carillon/shared/api-keys'
import { AlreadyAcceptedError, findNotification, RevokedKeyError } from '@carillon/shared/notifications'
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
}

/**
 * Accepts drafts, all or none, and returns their notifications. When they were accepted before, by a request whose process
 * crashed before it responded, returns them as they are now.
 */
export async function acceptOnce (
  { accepter, database, now }: Pick<Services, 'accepter' | 'database' | 'now'>, drafts: Draft[],
  { named, key }: AcceptOptions
): Promise<Notification[]> {
  try {
    const accepted = await accepter.acceptAll(drafts)
    const at = now()
    return drafts.flatMap((draft, index) => {
      const one = accepted[index]
      return one === undefined ? [] : [toAcceptedNotification(draft, one, { at, named, key })]
    })
  } catch (error) {
    if (error instanceof RevokedKeyError) refuseKey()
    if (!(error instanceof AlreadyAcceptedError)) throw error
    const found: Notification[] = []
    for (const { id } of drafts) found.push(await findNotification(database, id) ?? refuseMissing())
    return found
  }
}

function refuseMissing (): never {
  throw notFound('notification')
}
