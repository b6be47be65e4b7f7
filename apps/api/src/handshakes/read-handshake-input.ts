import type { HandshakeKind } from '@carillon/shared/handshakes'
import { ProviderError } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import { readReturnTo } from './addresses.ts'
import { kindsOf } from './kinds.ts'
import { refuseFaults } from '../problems/problem.ts'
import type { InputFault } from '../problems/problem.ts'
import type { Services } from '../services.ts'

export interface AskedHandshake {
  provider: string
  kind?: HandshakeKind
  teamId?: string
  account?: string
  returnTo?: string
}

/** What is asked for, with what follows from it; throws `invalidInput` with every fault. */
export function readWish (
  { providers, site }: Services, asked: AskedHandshake
): { provider: Provider, kind: HandshakeKind, account: string | undefined, returnTo: string | undefined } {
  const provider = providers.get(asked.provider)
  const kinds = provider === undefined ? [] : kindsOf(provider)
  const kind = asked.kind ?? kinds[0]
  const kept = asked.returnTo === undefined ? undefined : readReturnTo(site, asked.returnTo)
  const account = asked.account?.trim()
  refuseFaults([
    ...kinds.length === 0 ? [{ path: 'provider', message: 'cannot be connected here' }] : [],
    ...kinds.length > 0 && kind !== undefined && !kinds.includes(kind) ? [{ path: 'kind', message: `must be one of ${kinds.join(', ')}` }] : [],
    ...provider?.holder === 'user' && asked.teamId !== undefined
      ? [{ path: 'teamId', message: `is not taken by ${provider.name}: each user connects their own account` }]
      : [],
    ...provider === undefined ? [] : accountFaults(provider, account),
    ...kept !== undefined && 'fault' in kept ? [{ path: 'returnTo', message: kept.fault }] : []
  ])
  if (provider === undefined || kind === undefined) throw new Error('A fault was found and not refused')
  return { provider, kind, account, returnTo: kept !== undefined && 'url' in kept ? kept.url : undefined }
}

function accountFaults (provider: Provider, account: string | undefined): InputFault[] {
  if (provider.parseAccount === undefined) {
    return account === undefined ? [] : [{ path: 'account', message: `is not taken by ${provider.name}` }]
  }
  if (account === undefined) return [{ path: 'account', message: `is required by ${provider.name}: which account, such as nick@host` }]
  try {
    provider.parseAccount(account)
    return []
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    return [{ path: 'account', message: `is ${error.verdict.reason}` }]
  }
}
