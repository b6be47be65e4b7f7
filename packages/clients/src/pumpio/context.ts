import type { FileContext } from '@carillon/http'
import type { Registrations } from '../registrations.ts'

/** The external services that the client uses: network, cancellation, clock, files, and client registrations. */
export interface PumpioContext extends FileContext {
  registrations: Registrations
}
