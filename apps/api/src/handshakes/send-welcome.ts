import { newId } from '@carillon/shared/db'
import { findUser } from '@carillon/shared/users'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../services.ts'

/**
 * Greets a user through the account that was connected just now. It is a notification like any other, so it is tried
 * again when it fails, and can be looked up. That it could not be accepted is no reason to call the handshake failed.
 */
export async function welcome (
  { accepter, database, site, log }: Services, provider: Provider, userId: string
): Promise<void> {
  if (provider.send === undefined) return
  try {
    const user = await findUser(database, userId)
    if (user === undefined) return
    await accepter.accept({
      id: newId(),
      origin: 'welcome',
      audience: { userIds: [user.externalId] },
      message: {
        type: 'note', title: `${provider.name} is connected`, body: `From now on, what ${site.name} has to tell you arrives here.`
      },
      providers: [provider.id]
    })
  } catch (error) {
    log.warn({ err: error, provider: provider.id }, 'no welcome was sent')
  }
}
