import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { createOAuth1Flow } from './oauth1-flow.ts'
import { createOAuth2Flow } from './oauth2-flow.ts'
import { createProviderFlow } from './provider-flow.ts'
import type { RedirectFlow } from './redirect-flow.ts'

export function createRedirectFlow (provider: Provider, services: Services): RedirectFlow {
  const { code, redirect, verifier } = provider.handshakes
  if (redirect !== undefined) return createProviderFlow(provider, redirect, services)
  if (code !== undefined) return createOAuth2Flow(provider, code, services)
  if (verifier !== undefined) return createOAuth1Flow(provider, verifier, services)
  throw new TypeError(`${provider.id} has no redirect handshakes`)
}
