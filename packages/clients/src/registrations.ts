/**
 * An OAuth client that a user-chosen host has registered for Carillon. Plain JSON with secrets, which is sealed before it is
 * stored.
 */
export interface Registration {
  clientId: string
  clientSecret: string
  /** Milliseconds since the epoch. Absent when it does not expire. */
  expiresAt?: number
}

/** The stored registrations, one per provider and host. */
export interface Registrations {
  /**
   * Returns the stored registration, or a new one from `register`. `stale` is a registration that the host no longer
   * recognizes. It is replaced unless another caller has already done so. Of all concurrent callers in all processes, only one
   * registers.
   */
  obtain: (provider: string, host: string, register: () => Promise<Registration>, stale?: Registration) => Promise<Registration>
}
