import { ProviderError } from '@carillon/shared/providers'
import type { AddressHandshake, Grant } from '@carillon/shared/providers'
import type { HandshakeContext } from './handshake-context.ts'

/**
 * Asks for the address until one is accepted. No code is sent to it: the credentials are for programs of the user who entered it,
 * who could send to it anyway.
 */
export async function connectByAddress (
  { field, accept }: AddressHandshake, { requestContext, terminal, withUserTimeout }: HandshakeContext
): Promise<Grant> {
  const { label, placeholder, hint } = field
  if (hint !== undefined) terminal.say(hint)
  return await withUserTimeout(async ({ signal }) => {
    while (true) {
      const text = await terminal.ask(`${label} (such as ${placeholder}): `, signal)
      if (text.trim() === '') continue
      try {
        return await accept(text.trim(), requestContext)
      } catch (error) {
        if (!(error instanceof ProviderError) || requestContext.signal.aborted) throw error
        terminal.say(`That did not work (the address ${error.failure.reason}). Try again, or stop with Ctrl-C.`)
      }
    }
  })
}
