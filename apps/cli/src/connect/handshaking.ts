import type { RequestContext } from '@carillon/shared/providers'
import type { Patience } from './patience.ts'
import type { Terminal } from './terminal.ts'

/** What every kind of handshake needs. Only Ctrl-C aborts `call`: access that was allowed in the last moment counts. */
export interface Handshaking {
  call: RequestContext
  terminal: Terminal
  patience: Patience
}
