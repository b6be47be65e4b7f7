import type { FileContext } from '@carillon/http'
import type { Registrations } from '../registrations.ts'

/** Everything outside that the client uses: network, cancellation, clock, files, and our registrations at hosts. */
export interface PumpioContext extends FileContext {
  registrations: Registrations
}
