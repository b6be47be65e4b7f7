import type { Registrations } from '@carillon/shared/providers'
import type { CredentialsFile } from './credentials-file.ts'
import { findRegistration, withRegistration } from './stored-credentials.ts'

/** Registrations in the credentials file. Of all processes that share the file, one registers at a time. */
export function createFileRegistrations (file: CredentialsFile): Registrations {
  return {
    obtain: (provider, host, register, stale) => file.withLock(async (stored, write) => {
      const known = findRegistration(stored, provider, host)
      if (known !== undefined && known.clientId !== stale?.clientId) return known
      const registration = await register()
      await write(withRegistration(stored, { provider, host, ...registration }))
      return registration
    })
  }
}
