/** What a DATABASE_URL says, in the terms of no driver. */
export interface DatabaseAddress {
  /** A name, an address, or the folder of a Unix socket. Where it is absent both drivers read PGHOST, and so on below. */
  host: string | undefined
  port: number | undefined
  user: string | undefined
  password: string | undefined
  database: string | undefined
  tls: DatabaseTls
  applicationName: string | undefined
  connectTimeoutMs: number
  /** The search_path of Carillon's own tables. */
  searchPath: string | undefined
  /** Settings of the session that the URL asks for. */
  settings: Readonly<Record<string, string>>
  /** Behind PgBouncer in transaction mode: a session lasts for one transaction. */
  isPgBouncer: boolean
  /** Connections of Carillon's own pool at most. */
  maxConnections: number | undefined
}

export interface DatabaseTls {
  /** libpq's meaning of each: `require` encrypts and verifies nothing, `verify-ca` leaves the name out. */
  mode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'
  /** PEM texts. Without `ca`, Node's own list of authorities decides. */
  ca?: string
  cert?: string
  key?: string
  passphrase?: string
}
