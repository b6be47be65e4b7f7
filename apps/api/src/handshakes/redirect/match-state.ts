import { findHandshakeByState } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { readCallbackQuery } from './callback-query.ts'
import type { RedirectFlow } from './redirect-flow.ts'

/** The handshake whose `state` a callback carries. */
export async function matchState ({ database, now }: Services, provider: Provider, query: unknown): ReturnType<RedirectFlow['match']> {
  const { state } = readCallbackQuery(query)
  const handshake = state === undefined ? undefined : await findHandshakeByState(database, state, now())
  return handshake?.provider === provider.id ? { handshake } : 'unknownState'
}
