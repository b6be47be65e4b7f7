import { newId } from '@carillon/shared/db'
import { currentRequestId } from '@carillon/shared/log'
import type { Provider } from '@carillon/shared/providers'
import { findUser } from '@carillon/shared/users'
import type { Services } from '../../services.ts'

/**
 * Sends the welcome message through the account that was just connected, if WELCOME_MESSAGE says so. It is a notification like
 * any other, so it is retried and can be looked up. An error here does not fail the handshake.
 */
export async function sendWelcome (
  { accepter, database, site, welcome, log }: Services, provider: Provider,
  { userId, connectionId, reconnected }: { userId: string, connectionId: string, reconnected: boolean }
): Promise<void> {
  const isDue = welcome.when === 'always' || (welcome.when === 'first' && !reconnected)
  if (provider.send === undefined || !isDue) return
  const insertNames = (text: string) => text.replace(/\{(provider|site)\}/g, (_, name) => name === 'site' ? site.name : provider.name)
  try {
    const user = await findUser(database, userId)
    if (user === undefined) return
    await accepter.accept({
      id: newId(),
      origin: 'welcome',
      audience: { userIds: [user.externalId] },
      message: { type: 'note', title: insertNames(welcome.title), body: insertNames(welcome.body) },
      providers: [provider.id],
      connectionId,
      requestId: currentRequestId()
    })
  } catch (error) {
    log.warn({ err: error, provider: provider.id }, 'could not send the welcome message')
  }
}
