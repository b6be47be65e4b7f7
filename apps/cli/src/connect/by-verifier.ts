import { ProviderError } from '@carillon/shared/providers'
import type { Grant, VerifierHandshake } from '@carillon/shared/providers'
import type { Handshaking } from './handshaking.ts'

/** Shows the page on which the user allows access, and asks for its verifier until one is accepted. */
export async function connectByVerifier (
  { begin, complete }: VerifierHandshake, account: string, { call, terminal, patience }: Handshaking
): Promise<Grant> {
  const { authorizeUrl, pending } = await begin(account, null, call)
  terminal.say('Open this page, allow access, and copy the verifier that the page shows:')
  terminal.say(`\n  ${authorizeUrl}\n`)
  return await patience(async ({ signal }) => {
    while (true) {
      const verifier = await terminal.ask('Verifier: ', signal)
      if (verifier === '') continue
      try {
        return await complete(pending, verifier, call)
      } catch (error) {
        if (!(error instanceof ProviderError) || call.signal.aborted) throw error
        terminal.say(`That did not work (${error.failure.reason}). Try again, or stop with Ctrl-C.`)
      }
    }
  })
}
