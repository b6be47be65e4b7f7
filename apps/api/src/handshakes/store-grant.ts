import { holdGrant } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { cleanName } from '@carillon/shared/names'
import { ProviderError } from '@carillon/shared/providers'
import type { Account, Grant, Provider } from '@carillon/shared/providers'
import type { Services } from '../services.ts'
import { finishHandshake } from './finish-handshake.ts'

/**
 * Stores what a claimed handshake has obtained, or holds it until the user confirms the account: where `mustAsk`, and where it is
 * another account than the one that was named. Throws HandshakeFailure.
 */
export async function settleGrant (
  services: Services, provider: Provider, handshake: Handshake, obtained: Grant, mustAsk = false
): Promise<'connected' | 'held'> {
  const { account } = obtained
  const grant = { ...obtained, account: { ...account, name: cleanName(account.name, account.id) } }
  if (mustAsk || isOtherAccount(provider, handshake, account)) {
    await holdGrant(services.database, services.vault, handshake.id, grant, services.now())
    return 'held'
  }
  await finishHandshake(services, provider, handshake, grant)
  return 'connected'
}

/** Whether another account allowed access at the host than the one that the user named. */
export function isOtherAccount (provider: Provider, { account: named }: Pick<Handshake, 'account'>, { id }: Account): boolean {
  if (named === null || provider.parseAccount === undefined) return false
  return keyOf(provider.parseAccount, named) !== keyOf(provider.parseAccount, id)
}

function keyOf (parse: NonNullable<Provider['parseAccount']>, text: string): string {
  try {
    const { name, host } = parse(text)
    return `${name}@${host}`.toLowerCase()
  } catch (error) {
    if (error instanceof ProviderError) return text.toLowerCase()
    throw error
  }
}
