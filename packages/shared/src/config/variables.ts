import { integer, oneOf, port, secretText, secretUrl, text, url } from '../env/index.ts'
import type { VariableTable } from '../env/index.ts'
import type { ProviderDefinition } from '../providers/index.ts'
import { generateVaultKey } from '../vault/index.ts'
import { addressesOrRanges, databaseUrl, files, hostsOrRanges, keys, origins, signingKeys, welcomeText } from './readers.ts'

const before = {
  DATABASE_URL: { ...databaseUrl, about: 'PostgreSQL 14 or newer. `carillon up` brings its own when this is absent.' },
  REDIS_URL: { ...secretUrl('redis', 'rediss'), about: 'Redis or Valkey for the queues, with maxmemory-policy noeviction. Absent: they live in PostgreSQL.' },
  QUEUE_PREFIX: { ...text, initial: 'carillon', about: 'Prefix of every key in Redis; deployments that share a Redis need different ones.' },
  START_WAIT_SECONDS: { ...integer(0, 3600), initial: '60', about: 'How long the API and the worker wait at their start for a database or Redis that does not respond; then they end.' },
  CARILLON_KEYS: { ...keys, about: 'Keys that encrypt credentials and sign cookies, and user tokens while USER_TOKEN_KEYS is not set. `carillon up` makes its own.' },
  USER_TOKEN_KEYS: { ...signingKeys, generate: generateVaultKey, about: 'Keys that sign user tokens. Absent: keys derived from CARILLON_KEYS sign them. `carillon keys generate USER_TOKEN_KEYS` prints a value with a new key (docs/operations.md).' },
  CARILLON_DATA_DIR: { ...text, initial: '.carillon', about: 'Where `carillon up` keeps its database and the secrets it made.' },
  CARILLON_ENV_FILE: { ...text, initial: '.env', about: 'File with variables that `carillon` and `npm start` read; the environment overrides it. Empty: none.' },

  HOST: { ...text, initial: '127.0.0.1', about: 'Address that the API and the worker\'s health server listen on.' },
  PORT: { ...port, initial: '4000', about: 'Port the API listens on; 0 picks a free one.' },
  PUBLIC_URL: { ...url('http', 'https'), about: 'How browsers reach the API; http://HOST:PORT when absent. https turns on Secure and __Host- cookies.' },
  SITE_NAME: { ...text, initial: 'Carillon', about: 'What the connect page and the welcome message call your site.' },
  WELCOME_MESSAGE: { ...oneOf('off', 'first', 'always'), initial: 'first', about: 'When a user is sent a message through an account that they connect: never, the first time, or each time they connect or reconnect it.' },
  WELCOME_TITLE: { ...welcomeText(500), initial: '{provider} is connected', about: 'Title of that message. {site} is SITE_NAME, {provider} the name of the provider.' },
  WELCOME_BODY: { ...welcomeText(10_000), initial: 'From now on, you receive notifications from {site} here.', about: 'Text of that message.' },
  ALLOWED_ORIGINS: { ...origins, initial: '', about: 'Origins of your frontends: they may call the API from a browser and be returned to.' },
  ALLOW_LOOPBACK_ORIGINS: { ...oneOf('0', '1'), initial: '0', about: '1 also allows pages on this machine (localhost, 127.0.0.1), on any port: for development. `carillon up` sets it while PUBLIC_URL is on this machine.' },
  TRUSTED_PROXIES: { ...addressesOrRanges, initial: '', about: 'Your reverse proxies. The API takes the address of the caller from their X-Forwarded-For, for limits, the audit trail and the last use of API keys.' },
  RATE_LIMIT_PER_KEY: { ...integer(100, 1_000_000_000), initial: '300000', about: 'Maximum cost per minute of requests with one API key: 1 for a read, 2 for a change, 10 for requests to a provider (docs/api.md).' },
  RATE_LIMIT_PER_USER: { ...integer(100, 1_000_000_000), initial: '1200', about: 'The same with the tokens of one user.' },
  RATE_LIMIT_PER_IP: { ...integer(100, 1_000_000_000), initial: '12000', about: 'The same from one network (an IPv4 address or an IPv6 /64) without a valid token: pages, callbacks and requests that get 401.' },
  RATE_LIMIT_INBOUND_PER_IP: { ...integer(100, 1_000_000_000), initial: '120000', about: 'The same from one network (an IPv4 address or an IPv6 /64) to /inbound, where providers report.' },
  MAX_STREAMS_PER_CALLER: { ...integer(1, 100_000), initial: '100', about: 'Maximum number of event streams that an API key or a user may have open at one API process.' },
  ACCEPT_MAX_WAITING: { ...integer(1, 100_000_000), initial: '500000', about: 'Deliveries to people by name that may be due and wait; beyond that the API accepts no notification (503) until there are fewer.' },
  OAUTH2_PROVIDERS: { ...files, initial: '', about: 'Files that describe OAuth 2 or OpenID Connect services, each a provider of its own (docs/oauth2.md).' }
} satisfies VariableTable

const after = {
  PULL_BACKFILL_DAYS: { ...integer(1, 1_000), initial: '90', about: 'Days that are read of an account the first time.' },
  PULL_REREAD_DAYS: { ...integer(1, 1_000), initial: '28', about: 'Days that are read again each time, because providers correct them.' },
  PULL_EVERY_MINUTES: { ...integer(1, 10_080), initial: '360', about: 'How often the data of a connection is read.' },
  ALLOW_PRIVATE_HOSTS: { ...hostsOrRanges, initial: '', about: 'Hosts and ranges that URLs given by users, and endpoints, may resolve to although they are private.' },
  OUTGOING_PER_USER: { ...integer(1, 1_000_000), initial: '120', about: 'Requests a minute that the API makes to providers for one user or team: handshakes, tests, the proxy.' },
  OUTGOING_PER_HOST: { ...integer(1, 1_000_000), initial: '600', about: 'The same to one host that users choose, for all users together.' },
  OUTGOING_PER_PROVIDER: { ...integer(1, 1_000_000), initial: '6000', about: 'The same to one provider, for all users together.' },

  DELIVER_MAX_IN_FLIGHT: { ...integer(1, 20_000), initial: '2000', about: 'Requests to providers that a worker has in flight at a time, to all hosts together.' },
  DELIVER_LEASE_SECONDS: { ...integer(2, 3600), initial: '60', about: 'How long a batch may take; then its deliveries go to another worker.' },
  RECONCILE_SECONDS: { ...integer(1, 3600), initial: '10', about: 'How often deliveries that are due and have no job are put back on the queue.' },
  RETENTION_DAYS: { ...integer(7, 3650), initial: '90', about: 'How long deliveries and their notifications are kept.' },
  EVENT_RETENTION_DAYS: { ...integer(7, 3650), initial: '30', about: 'How long events are kept.' },
  AUDIT_RETENTION_DAYS: { ...integer(30, 3650), initial: '365', about: 'How long audit entries are kept (docs/audit.md).' },
  RECORD_DELIVERY_EVENTS: { ...oneOf('0', '1'), initial: '0', about: '1 records events of the types `delivery.…` even if no endpoint receives them (docs/events.md).' },
  WORKER_HEALTH_PORT: { ...port, about: 'Port of the worker\'s /healthz, /readyz and /metrics on HOST; none when absent.' },
  OTEL_EXPORTER_OTLP_ENDPOINT: { ...url('http', 'https'), about: 'OpenTelemetry collector that gets the traces of the API and the worker, by OTLP over HTTP; none when absent.' },
  METRICS_TOKEN: { ...secretText, about: 'Bearer token for /metrics of the API and the worker, which are off when it is absent.' },

  CARILLON_API_URL: { ...url('http', 'https'), about: 'The API that commands such as `carillon import` call. Absent: that of the profile in use, or of a running `carillon up`.' },
  CARILLON_API_KEY: { ...secretText, about: 'The API key that these commands use. Absent: that of the profile in use, or of a running `carillon up`.' },
  CARILLON_PROFILE: { ...text, about: 'The profile that these commands use (docs/cli.md). Empty: no profile. CARILLON_API_URL and CARILLON_API_KEY take precedence.' },
  CARILLON_WEBHOOK_SECRET: { ...secretText, about: 'Signs the requests of `carillon listen --forward`, as your program expects it; a new secret each time when absent.' },

  SANDBOX_PORT: { ...port, initial: '4400', about: 'Port of the simulated providers under `carillon up`.' }
} satisfies VariableTable

const last = {
  SANDBOX_STATE_DIR: { ...text, about: 'Where simulators keep their accounts over a restart. `carillon up` uses a folder in CARILLON_DATA_DIR.' },
  SANDBOX_BENCH: { ...oneOf('0', '1'), initial: '0', about: '1 makes simulators count what they are sent instead of keeping it, where they can: for benchmarks.' },
  LOG_LEVEL: { ...oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), initial: 'info', about: 'Least level that is logged.' }
} satisfies VariableTable

/** Carillon's own variables, which determine the type of the configuration. */
export const ownVariables = { ...before, ...after, ...last }

export type VariableName = keyof typeof ownVariables

/** All variables that Carillon reads with these providers, in the order of `.env.example`. */
export function variablesOf (definitions: readonly ProviderDefinition[]): VariableTable {
  return {
    ...before,
    ...Object.assign({}, ...definitions.map(({ variables }) => variables)),
    ...after,
    ...simulatorPorts(definitions),
    ...last
  }
}

/** The ports of the simulators that need their own host. */
function simulatorPorts (definitions: readonly ProviderDefinition[]): VariableTable {
  return Object.fromEntries(definitions.flatMap(({ name, simulatorPort }) => simulatorPort === undefined
    ? []
    : [[simulatorPort, { ...port, about: `Port of the simulated ${name}, which needs a port of its own; the next one when absent.` }]]))
}
