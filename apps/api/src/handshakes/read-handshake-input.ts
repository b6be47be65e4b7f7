import type { HandshakeKind } from '@carillon/shared/handshakes'
import { ProviderError } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import { assertNoInputErrors } from '../problems/problem.ts'
import type { InputError } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { kindsOf } from './kinds.ts'
import { readReturnTo } from './return-to.ts'

/** The body of a request for a handshake. */
export interface HandshakeBody {
  provider: string
  kind?: HandshakeKind
  teamId?: string
  account?: string
  returnTo?: string
}

/** The provider and the kind that a body names. Throws Problem `invalidInput` with every error of the body. */
export function readHandshakeInput (
  { providers, site }: Services, body: HandshakeBody
): { provider: Provider, kind: HandshakeKind, account: string | undefined, returnTo: string | undefined } {
  const provider = providers.get(body.provider)
  const kinds = provider === undefined ? [] : kindsOf(provider)
  const kind = body.kind ?? kinds[0]
  const { url: returnTo, fault } = readReturnTo(site, body.returnTo)
  const account = body.account?.trim()
  assertNoInputErrors([
    ...kinds.length === 0 ? [{ path: 'provider', message: 'is not a provider of this server that users can connect' }] : [],
    ...kinds.length > 0 && kind !== undefined && !kinds.includes(kind) ? [{ path: 'kind', message: `must be one of ${kinds.join(', ')}` }] : [],
    ...provider?.holder === 'user' && body.teamId !== undefined
      ? [{ path: 'teamId', message: `is not accepted by ${provider.name}: each user connects their own account` }]
      : [],
    ...provider === undefined ? [] : accountErrors(provider, account),
    ...fault === undefined ? [] : [{ path: 'returnTo', message: fault }]
  ])
  if (provider === undefined || kind === undefined) throw new Error('An invalid body was not refused')
  return { provider, kind, account, returnTo }
}

function accountErrors (provider: Provider, account: string | undefined): InputError[] {
  if (provider.parseAccount === undefined) {
    return account === undefined ? [] : [{ path: 'account', message: `is not accepted by ${provider.name}` }]
  }
  if (account === undefined) return [{ path: 'account', message: `is required by ${provider.name}: name it as nick@host` }]
  try {
    provider.parseAccount(account)
    return []
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    return [{ path: 'account', message: `is ${error.failure.reason}` }]
  }
}
