import { setTimeout } from 'node:timers/promises'
import { ProviderError } from '@carillon/shared/providers'
import type { Grant, OneTimeCodeHandshake, PendingCode } from '@carillon/shared/providers'
import { ConnectFailure } from '../connect-failure.ts'
import type { HandshakeContext } from './handshake-context.ts'

/** Shows a code, and polls until the user has entered it. */
export async function connectByOneTimeCode (handshake: OneTimeCodeHandshake, context: HandshakeContext): Promise<Grant> {
  const { requestContext, terminal, withUserTimeout } = context
  const pendingCode = await handshake.begin(requestContext)
  terminal.say(`Enter the code ${pendingCode.code} on this page:`)
  terminal.say(`\n  ${pendingCode.redeemUrl}\n`)
  return await withUserTimeout(async ({ deadline: userDeadline }) => {
    const deadline = Math.min(pendingCode.expiresAt.getTime(), userDeadline)
    const stopCounting = terminal.countDown('Waiting for the code to be entered:', deadline)
    try {
      return await pollUntilRedeemed(handshake, pendingCode, deadline, context)
    } finally {
      stopCounting()
    }
  })
}

async function pollUntilRedeemed (
  { complete }: OneTimeCodeHandshake, { pending, intervalMs }: PendingCode, deadline: number, { requestContext }: HandshakeContext
): Promise<Grant> {
  const { signal, now } = requestContext
  let waitMs = intervalMs
  while (true) {
    // A timer may fire a millisecond before the clock shows its time.
    await setTimeout(Math.min(waitMs, Math.max(0, deadline - now() + 1)), undefined, { signal })
    // Poll once more after the deadline, so that a code that was entered in the last moment counts.
    const isLast = now() >= deadline
    try {
      const grant = await complete(pending, requestContext)
      if (grant !== null) return grant
      waitMs = intervalMs
    } catch (error) {
      waitMs = Math.max(intervalMs, retryDelayAfter(error, now(), isLast))
    }
    if (isLast) throw codeTimeout()
  }
}

/** Milliseconds to wait after a failure. Throws errors that waiting does not help. */
function retryDelayAfter (error: unknown, now: number, isLast: boolean): number {
  if (!(error instanceof ProviderError) || error.transport === 'aborted') throw error
  const { failure } = error
  if (failure.kind === 'rejected' && isLast) throw codeTimeout()
  if (failure.kind === 'rateLimited') return failure.retryAt - now
  if (failure.kind === 'transient') return 0
  throw error
}

function codeTimeout (): ConnectFailure {
  return new ConnectFailure('timedOut', 'the code was not entered in time')
}
