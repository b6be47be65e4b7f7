import { readFileSync } from 'node:fs'
import type { DatabaseAddress, DatabaseTls } from './database-address.ts'
import { parseOptions } from './parse-options.ts'

type Parameters = ReadonlyMap<string, string>
type Apply = (address: DatabaseAddress, value: string) => void

/** Throws an Error that completes "DATABASE_URL …" for a parameter or value that Carillon does not support. */
export function applyParameter (address: DatabaseAddress, name: string, value: string): void {
  const apply = parameters.get(name)
  if (apply === undefined) throw new Error(`has parameter ${JSON.stringify(name)}, which is not supported; remove it${hints.get(name) ?? ''}`)
  try {
    apply(address, value)
  } catch (error) {
    if (error instanceof Unsupported) throw new Error(`has parameter ${name} with a value that is not supported; ${error.message}`)
    throw error
  }
}

/** The TLS mode that results from all TLS parameters. */
export function tlsMode (all: Parameters): DatabaseTls['mode'] {
  const named = all.get('sslmode') ?? all.get('ssl')
  const authority = all.get('sslrootcert')
  if (authority === 'system' || (all.get('sslaccept') === 'strict' && named !== 'disable')) return 'verify-full'
  // As in libpq, a named authority implies verification.
  if (authority !== undefined && (named === undefined || named === 'require')) return 'verify-ca'
  if (named === 'true' || named === '1') return 'verify-full'
  return modes.get(named ?? '') ?? 'disable'
}

class Unsupported extends Error {}

const modes: ReadonlyMap<string, DatabaseTls['mode']> = new Map([
  ['disable', 'disable'], ['allow', 'prefer'], ['prefer', 'prefer'], ['require', 'require'], ['no-verify', 'require'],
  ['verify-ca', 'verify-ca'], ['verify-full', 'verify-full']
])

/** Parameters that change a setting of the session under their own name. */
const settings = [
  'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'work_mem', 'search_path'
]

const parameters: ReadonlyMap<string, Apply> = new Map<string, Apply>([
  ['host', (address, value) => { address.host = value || undefined }],
  ['port', (address, value) => { address.port = wholeNumber(value, 1, 65_535) }],
  ['user', (address, value) => { address.user = value }],
  ['password', (address, value) => { address.password = value }],
  ['dbname', (address, value) => { address.database = value }],
  ['application_name', (address, value) => { address.applicationName = value }],
  ['fallback_application_name', (address, value) => { address.applicationName ??= value }],
  ['connect_timeout', (address, value) => {
    const seconds = wholeNumber(value, 0, 3600)
    if (seconds > 0) address.connectTimeoutMs = seconds * 1000
  }],
  ['options', (address, value) => { address.settings = { ...address.settings, ...parseOptions(value) } }],
  ...settings.map((name): [string, Apply] => [name, (address, value) => {
    address.settings = { ...address.settings, [name]: value }
  }]),
  ['client_encoding', (_address, value) => { mustBe(value.toUpperCase(), 'UTF8', 'UTF-8', 'AUTO') }],
  ['keepalives', (_address, value) => { mustBe(value, '1') }],
  ['channel_binding', (_address, value) => { mustBe(value, 'disable', 'prefer') }],
  ['gssencmode', (_address, value) => { mustBe(value, 'disable', 'prefer') }],
  ['target_session_attrs', (_address, value) => { mustBe(value, 'any', 'read-write', 'primary') }],
  // For pg this parameter selects libpq's meaning of `sslmode`, which Carillon always uses.
  ['uselibpqcompat', (_address, value) => { mustBe(value, 'true') }],

  ['sslmode', (_address, value) => { mustBe(value, ...modes.keys()) }],
  ['ssl', (_address, value) => { mustBe(value, 'true', 'false', '1', '0', ...modes.keys()) }],
  ['sslaccept', (_address, value) => { mustBe(value, 'strict', 'accept_invalid_certs') }],
  ['sslrootcert', (address, value) => { if (value !== 'system') address.tls.ca = readPem('sslrootcert', value) }],
  ['sslcert', (address, value) => { address.tls.cert = readPem('sslcert', value) }],
  ['sslkey', (address, value) => { address.tls.key = readPem('sslkey', value) }],
  ['sslpassword', (address, value) => { address.tls.passphrase = value }],

  // Prisma's parameters.
  ['schema', (address, value) => { address.searchPath = `"${value.replaceAll('"', '""')}"` }],
  ['pgbouncer', (address, value) => { mustBe(value, 'true', 'false'); address.isPgBouncer = value === 'true' }],
  ['connection_limit', (address, value) => { address.maxConnections = wholeNumber(value, 1, 1000) }]
])

const hints: ReadonlyMap<string, string> = new Map([
  ['pool_timeout', ': requests wait for a connection as long as their own deadline allows'],
  ['socket_timeout', ': Carillon has a deadline of its own for every statement'],
  ['statement_cache_size', ', and say pgbouncer=true where statements cannot be prepared'],
  ['sslidentity', ', and name the files with sslcert and sslkey']
])

function mustBe (value: string, ...choices: string[]): void {
  if (!choices.includes(value)) throw new Unsupported(`it takes ${choices.join(', ')}`)
}

function wholeNumber (value: string, min: number, max: number): number {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < min || number > max) throw new Unsupported(`it takes a whole number from ${min} to ${max}`)
  return number
}

function readPem (name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new Error(`has parameter ${name} with a file that cannot be read (${code})`)
  }
}
