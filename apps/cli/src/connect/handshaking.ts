import type { Call } from '@carillon/shared/providers'
import type { Patience } from './patience.ts'
import type { Terminal } from './terminal.ts'

/** What every way in needs. `call` ends with Ctrl-C alone: what was allowed in the last moment counts. */
export interface Handshaking {
  call: Call
  terminal: Terminal
  patience: Patience
}
