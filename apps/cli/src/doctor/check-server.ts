import { ProviderError } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import { fault, ok } from './finding.ts'
import type { Finding } from './finding.ts'

/** Whether a server that does not use HTTP, such as the SMTP server, accepts a connection and the login. Sends no message. */
export async function checkServer (
  { id, ownHosts = [], checkServer: check }: Pick<Provider, 'id' | 'ownHosts' | 'checkServer'>
): Promise<Finding[]> {
  if (check === undefined) return []
  const [host = 'The server'] = ownHosts
  try {
    await check()
    return [ok(id, `${host} accepts connections and the login.`)]
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    const { failure: { kind, reason } } = error
    // The reason of a wrong setting also names the remedy, after a semicolon.
    const [cause = reason, remedy] = reason.split('; ', 2)
    const nextStep = kind === 'misconfigured' && remedy !== undefined
      ? `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`
      : 'Check the variables with its address, the server, the network and firewalls.'
    return [fault(id, `${host} cannot be used: ${cause}.`, nextStep)]
  }
}
