import { queueRevocation, toRevocation } from '@carillon/shared/grants'
import { holdGrant } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { cleanName } from '@carillon/shared/names'
import { ProviderError } from '@carillon/shared/providers'
import type { Account, Grant, Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { finishHandshake } from './finish-handshake.ts'
import { HandshakeFailure } from '../outcome/handshake-failure.ts'

/**
 * Stores the grant of a claimed handshake in a connection, or holds it until the user confirms the account. The user is asked
 * when `mustConfirm`, and when the account is not the one that they named. Throws HandshakeFailure.
 */
export async function storeOrHoldGrant (
  services: Services, provider: Provider, handshake: Handshake, obtained: Grant, mustConfirm = false
): Promise<{ connectionId: string } | 'held'> {
  const { account } = obtained
  const grant = { ...obtained, account: { ...account, name: cleanName(account.name, account.id) } }
  if (!mustConfirm && !isOtherAccount(provider, handshake, account)) {
    return { connectionId: await finishHandshake(services, provider, handshake, grant) }
  }
  const { database, vault, now } = services
  if (await holdGrant(database, vault, handshake.id, grant, now())) return 'held'
  if (provider.revoke !== undefined) {
    await queueRevocation(database, vault, toRevocation(provider.id, grant))
  }
  throw new HandshakeFailure('alreadyUsed', 'the handshake ended before its grant could be held')
}

/** Whether the grant is for another account than the one that the user named. */
export function isOtherAccount (provider: Provider, { account: named }: Pick<Handshake, 'account'>, { id }: Account): boolean {
  if (named === null || provider.parseAccount === undefined) return false
  const [wanted, given] = [normalizeAccount(provider.parseAccount, named), normalizeAccount(provider.parseAccount, id)]
  // A user who named only a host may use any account there.
  return wanted.startsWith('@') ? !given.endsWith(wanted) : given !== wanted
}

function normalizeAccount (parse: NonNullable<Provider['parseAccount']>, text: string): string {
  try {
    const { name, host } = parse(text)
    return `${name}@${host}`.toLowerCase()
  } catch (error) {
    if (error instanceof ProviderError) return text.toLowerCase()
    throw error
  }
}
