import { setTimeout } from 'node:timers/promises'
import { ProviderError } from '@carillon/shared/providers'
import type { PendingCode, Grant, OneTimeCodeHandshake } from '@carillon/shared/providers'
import { ConnectFailure } from './connect-failure.ts'
import type { Handshaking } from './handshaking.ts'

/** Shows a code, and polls until the user has entered it. */
export async function connectByOneTimeCode (way: OneTimeCodeHandshake, handshaking: Handshaking): Promise<Grant> {
  const { call, terminal, patience } = handshaking
  const begun = await way.begin(call)
  terminal.say(`Enter the code ${begun.code} on this page:`)
  terminal.say(`\n  ${begun.redeemUrl}\n`)
  return await patience(async (time) => {
    const deadline = Math.min(begun.expiresAt.getTime(), time.deadline)
    const stopCounting = terminal.countDown('Waiting for the code to be entered:', deadline)
    try {
      return await untilRedeemed(way, begun, deadline, handshaking)
    } finally {
      stopCounting()
    }
  })
}

async function untilRedeemed (
  { complete }: OneTimeCodeHandshake, { pending, intervalMs }: PendingCode, deadline: number, { call }: Handshaking
): Promise<Grant> {
  let waitMs = intervalMs
  while (true) {
    await setTimeout(Math.min(waitMs, Math.max(0, deadline - call.now())), undefined, { signal: call.signal })
    // Poll once more after the deadline, so that a code that was entered in the last moment counts.
    const isLast = call.now() >= deadline
    try {
      const grant = await complete(pending, call)
      if (grant !== null) return grant
      waitMs = intervalMs
    } catch (error) {
      waitMs = Math.max(intervalMs, patienceAfter(error, call.now(), isLast))
    }
    if (isLast) throw late()
  }
}

/** Milliseconds to wait after a failure. Throws errors that waiting does not help. */
function patienceAfter (error: unknown, now: number, isLast: boolean): number {
  if (!(error instanceof ProviderError) || error.transport === 'aborted') throw error
  const { failure } = error
  if (failure.kind === 'rejected' && isLast) throw late()
  if (failure.kind === 'rateLimited') return failure.retryAt - now
  if (failure.kind === 'transient') return 0
  throw error
}

function late (): ConnectFailure {
  return new ConnectFailure('timedOut', 'the code was not entered in time')
}
