import { ProviderError } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import { HandshakeFailure } from './handshake-failure.ts'
import type { Reason } from './reasons.ts'

/** What it means that nothing could be begun with the provider. Whatever is not the provider's fault is thrown on. */
export function beginFailure (error: unknown, provider: Provider): HandshakeFailure {
  if (!(error instanceof ProviderError)) throw error
  return new HandshakeFailure(reasonToBegin(error, provider), error.message)
}

/** What it means that the provider did not end what it had begun. */
export function completeFailure (error: unknown): HandshakeFailure {
  if (!(error instanceof ProviderError)) throw error
  return new HandshakeFailure(reasonToComplete(error), error.message)
}

/** Whether asking once more may help, without the user doing anything else. */
export function isPassing (error: unknown): error is ProviderError {
  return error instanceof ProviderError && ['transient', 'rateLimited'].includes(error.verdict.kind)
}

/** Where users name a host, most faults are in the name. */
function reasonToBegin ({ verdict, transport }: ProviderError, provider: Provider): Reason {
  if (transport === 'notAllowed') return 'hostNotAllowed'
  if (transport === 'timeout' || transport === 'aborted') return 'providerTimeout'
  if (transport !== undefined && provider.parseAccount !== undefined) return 'hostUnreachable'
  if (verdict.kind === 'transient' || verdict.kind === 'rateLimited') return 'providerUnavailable'
  if (verdict.kind === 'malformed') return 'providerNonsense'
  return 'registrationRefused'
}

function reasonToComplete ({ verdict, transport }: ProviderError): Reason {
  if (transport === 'timeout' || transport === 'aborted') return 'providerTimeout'
  if (verdict.kind === 'transient' || verdict.kind === 'rateLimited') return 'providerUnavailable'
  if (verdict.kind === 'rejected') return 'codeRefused'
  return verdict.kind === 'malformed' ? 'providerNonsense' : 'accountUnknown'
}
