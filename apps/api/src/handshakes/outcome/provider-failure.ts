import type { Log } from '@carillon/shared/log'
import { ProviderError } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import { HandshakeFailure } from './handshake-failure.ts'
import type { Reason } from './reasons.ts'

/** Why an authorization could not be begun. Errors that are not the provider's are thrown on. */
export function toBeginFailure (error: unknown, provider: Provider): HandshakeFailure {
  if (!(error instanceof ProviderError)) throw error
  return new HandshakeFailure(reasonToBegin(error, provider), error.message)
}

/** Why an authorization could not be completed. Errors that are not the provider's are thrown on. */
export function toCompleteFailure (error: unknown): HandshakeFailure {
  if (!(error instanceof ProviderError)) throw error
  return new HandshakeFailure(reasonToComplete(error), error.message)
}

/** Why an address that the user entered cannot be used now. Errors that are not the provider's are thrown on. */
export function toAddressFailure (error: unknown, provider: Provider): HandshakeFailure {
  const failure = toBeginFailure(error, provider)
  return failure.reason === 'registrationRefused' ? new HandshakeFailure('addressRefused', failure.message) : failure
}

/** Tells the operator what to fix. A user can only try again later. */
export function logMisconfigured (log: Log, provider: Provider, reason: string): void {
  log.error({ provider: provider.id, reason }, 'the provider refuses this deployment, so users cannot connect; fix its configuration')
}

/** Whether the same request may succeed later, without the user doing anything else. */
export function isRetryable (error: unknown): error is ProviderError {
  return error instanceof ProviderError && ['transient', 'rateLimited'].includes(error.failure.kind)
}

function reasonToBegin ({ failure, transport }: ProviderError, provider: Provider): Reason {
  if (transport === 'notAllowed') return 'hostNotAllowed'
  if (transport === 'timeout' || transport === 'aborted') return 'providerTimeout'
  // Where users name a host, most errors are in the name.
  if (transport !== undefined && (provider.parseAccount ?? provider.handshakes.address) !== undefined) return 'hostUnreachable'
  if (failure.kind === 'transient' || failure.kind === 'rateLimited') return 'providerUnavailable'
  if (failure.kind === 'misconfigured') return 'misconfigured'
  if (failure.kind === 'malformed') return 'providerNonsense'
  return 'registrationRefused'
}

function reasonToComplete ({ failure, transport }: ProviderError): Reason {
  if (transport === 'timeout' || transport === 'aborted') return 'providerTimeout'
  if (failure.kind === 'transient' || failure.kind === 'rateLimited') return 'providerUnavailable'
  if (failure.kind === 'misconfigured') return 'misconfigured'
  if (failure.kind === 'rejected') return 'codeRefused'
  return failure.kind === 'malformed' ? 'providerNonsense' : 'accountUnknown'
}
