import type { Log } from '@carillon/shared/log'
import { ProviderError } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import type { Outcome } from '../outcome/handshake-outcome.ts'
import { logMisconfigured, toAddressFailure } from '../outcome/provider-failure.ts'
import { describeReason } from '../outcome/reasons.ts'
import type { Reason, ReasonNames } from '../outcome/reasons.ts'

/**
 * The result of an address. After `wrong`, whose reason completes "The address …", and after `unusable` the user may enter
 * another one; `sent` waits for the code; `over` means that the handshake has ended or another request is using it.
 */
export type AddressResult = Outcome | UnusableAddress | { kind: 'sent' } | { kind: 'over' }

export type UnusableAddress = { kind: 'wrong', reason: string } | { kind: 'unusable', reason: Reason }

/** What the user is told about it. */
export function describeUnusable (result: UnusableAddress, names: ReasonNames): string {
  if (result.kind === 'wrong') return `The address ${result.reason}.`
  const { title, text } = describeReason(result.reason, names)
  return `${title}. ${text}`
}

/** Errors that are not the provider's are thrown on. */
export function toUnusableAddress (error: unknown, provider: Provider, log: Log): UnusableAddress {
  if (error instanceof ProviderError && error.failure.kind === 'rejected' && error.transport === undefined) {
    return { kind: 'wrong', reason: error.failure.reason }
  }
  const { reason, message } = toAddressFailure(error, provider)
  if (reason === 'misconfigured') logMisconfigured(log, provider, message)
  else log.info({ provider: provider.id, reason, detail: message }, 'cannot use an address')
  return { kind: 'unusable', reason }
}
