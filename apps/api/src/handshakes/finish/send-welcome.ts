import { newId } from '@carillon/shared/db'
import { currentRequestId } from '@carillon/shared/log'
import type { Provider } from '@carillon/shared/providers'
import { findUser } from '@carillon/shared/users'
import type { Services } from '../../services.ts'

/**
 * Sends a welcome message through the account that was just connected. It is a notification like any other, so it is retried and
 * can be looked up. An error here does not fail the handshake.
 */
export async function sendWelcome (
  { accepter, database, site, log }: Services, provider: Provider,
  { userId, connectionId }: { userId: string, connectionId: string }
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
        type: 'note', title: `${provider.name} is connected`, body: `From now on, you receive notifications from ${site.name} here.`
      },
      providers: [provider.id],
      connectionId,
      requestId: currentRequestId()
    })
  } catch (error) {
    log.warn({ err: error, provider: provider.id }, 'could not send the welcome message')
  }
}
