/** A client that a host of the user's choice has registered for us. Plain JSON with secrets: it is sealed where it is kept. */
export interface Registration {
  clientId: string
  clientSecret: string
  /** Milliseconds since the epoch; absent when it never ends. */
  expiresAt?: number
}

/** The stored registrations, one per provider and host. */
export interface Registrations {
  /**
   * The stored registration, or a new one from `register`. `stale` is one that the host no longer knows: it is replaced unless
   * another caller has replaced it already. Of all concurrent callers, over all processes, one registers.
   */
  obtain: (provider: string, host: string, register: () => Promise<Registration>, stale?: Registration) => Promise<Registration>
}
