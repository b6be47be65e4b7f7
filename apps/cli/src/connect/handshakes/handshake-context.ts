import type { RequestContext } from '@carillon/shared/providers'
import type { Terminal } from '../../terminal.ts'
import type { WithUserTimeout } from '../user-timeout.ts'

/** What every kind of handshake needs. Only Ctrl-C aborts `requestContext`: access that was allowed in the last moment counts. */
export interface HandshakeContext {
  requestContext: RequestContext
  terminal: Terminal
  withUserTimeout: WithUserTimeout
}
