import { ProviderError } from '@carillon/shared/providers'
import type { Grant, VerifierHandshake } from '@carillon/shared/providers'
import type { HandshakeContext } from './handshake-context.ts'

/** Shows the page on which the user allows access, and asks for its verifier until one is accepted. */
export async function connectByVerifier (
  { begin, complete }: VerifierHandshake, account: string, { requestContext, terminal, withUserTimeout }: HandshakeContext
): Promise<Grant> {
  const { authorizeUrl, pending } = await begin(account, null, requestContext)
  terminal.say('Open this page, allow access, and copy the verifier that the page shows:')
  terminal.say(`\n  ${authorizeUrl}\n`)
  return await withUserTimeout(async ({ signal }) => {
    while (true) {
      const verifier = await terminal.ask('Verifier: ', signal)
      if (verifier === '') continue
      try {
        return await complete(pending, verifier, requestContext)
      } catch (error) {
        if (!(error instanceof ProviderError) || requestContext.signal.aborted) throw error
        terminal.say(`That did not work (${error.failure.reason}). Try again, or stop with Ctrl-C.`)
      }
    }
  })
}
