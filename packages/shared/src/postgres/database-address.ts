/** The parts of a DATABASE_URL, independent of any driver. */
export interface DatabaseAddress {
  /** A name, an address, or the folder of a Unix socket. If a field is absent, both drivers read PGHOST, PGPORT and so on. */
  host: string | undefined
  port: number | undefined
  user: string | undefined
  password: string | undefined
  database: string | undefined
  tls: DatabaseTls
  applicationName: string | undefined
  connectTimeoutMs: number
  /** The search_path for Carillon's own tables. */
  searchPath: string | undefined
  /** Session settings from the URL. */
  settings: Readonly<Record<string, string>>
  /** Behind PgBouncer in transaction mode, where a session lasts for one transaction. */
  isPgBouncer: boolean
  /** The maximum number of connections in Carillon's own pool. */
  maxConnections: number | undefined
}

export interface DatabaseTls {
  /** As in libpq: `require` encrypts without verification, `verify-ca` does not verify the host name. */
  mode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'
  /** PEM texts. Without `ca`, Node's own certificate authorities apply. */
  ca?: string
  cert?: string
  key?: string
  passphrase?: string
}
