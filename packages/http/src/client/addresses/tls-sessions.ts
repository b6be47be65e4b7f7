import type { TLSSocket } from 'node:tls'

const maxSessions = 1_000

/** TLS sessions by host, so that the next connection to a host needs no full handshake. */
export interface TlsSessions {
  find: (key: string) => Buffer | undefined
  /** Keeps each session of `socket`, once its certificate is verified. If the handshake fails, forgets those of `key`. */
  keep: (key: string, socket: TLSSocket) => void
}

/** undici's own cache refers to sessions weakly, so garbage collection empties it. */
export function createTlsSessions (): TlsSessions {
  const sessions = new Map<string, Buffer>()
  return {
    find: (key) => sessions.get(key),
    keep (key, socket) {
      let isVerified = false
      let unverified: Buffer | undefined
      socket.on('session', (session) => {
        if (isVerified) store(key, session)
        else unverified = session
      })
      // Node does not compare the name in the certificate when it resumes a session, so a session must not be kept before that.
      socket.once('secureConnect', () => {
        isVerified = true
        if (unverified !== undefined) store(key, unverified)
      })
      // The server may have refused the session. The next connection would offer it again, and so on.
      for (const event of ['error', 'close']) socket.once(event, () => { if (!isVerified) sessions.delete(key) })
    }
  }

  function store (key: string, session: Buffer): void {
    sessions.delete(key)
    sessions.set(key, session)
    if (sessions.size <= maxSessions) return
    const [oldest] = sessions.keys()
    if (oldest !== undefined) sessions.delete(oldest)
  }
}
