import type { KeyObject } from 'node:crypto'
import { integer, oneOf, secretText, text } from '../../../env/index.ts'
import type { Reader } from '../../../env/index.ts'
import { Members } from './members.ts'
import { parseSend, parseResponseErrors } from './parse-send.ts'
import type { SendConfig } from './parse-send.ts'
import type { Variables } from './references.ts'
import { issuerUrl, jsonPointer, privateKey, scopeToken, secureUrl, shortText } from './readers.ts'
import type { ResponseRules } from '../send/classify.ts'

/** One OAuth 2 or OpenID Connect service, as its document describes it. */
export interface ServiceConfig {
  server: ServerConfig
  client: ClientConfig
  authorization: AuthorizationConfig
  identity: IdentityConfig
  /** The token response states an error here although its status is 200. */
  tokenErrorPointer: string | undefined
  /** The minimum time before the expiry of an access token at which it is refreshed. */
  refreshAheadSeconds: number | undefined
  /** Absent when access is not revoked. */
  revoke: { token: 'refresh' | 'access', all: boolean } | undefined
  send: SendConfig | undefined
  proxyUrl: string | undefined
  maxPerSecond: number | undefined
}

export interface ServerConfig {
  issuer: string | undefined
  /** `oidc` appends the well-known path to the issuer, and `oauth2` inserts it before the issuer's path (RFC 8414 §3). */
  discovery: 'oidc' | 'oauth2' | 'off'
  /** They replace discovered ones. The names are those of RFC 8414. */
  endpoints: Partial<Record<typeof endpointNames[number][1], string>>
}

export interface ClientConfig {
  id: string
  secret: string | undefined
  method: typeof clientMethods[number]
  key: KeyObject | undefined
  keyId: string | undefined
}

export interface AuthorizationConfig {
  scope: string[]
  scopeSeparator: ' ' | ','
  parameters: Record<string, string>
  /** They make the service ask again for a permission that the user denied. */
  askAgainParameters: Record<string, string>
  pkce: 'S256' | 'off'
  /** The callback must contain `iss`, whatever the metadata says. */
  requiresIss: boolean
  nonce: 'require' | 'optional' | 'off'
  /** `any` for a service whose `token_type` is neither bearer nor DPoP. */
  tokenType: 'bearer' | 'any'
}

export interface IdentityConfig {
  from: 'idToken' | 'userinfo' | 'tokenResponse' | 'none'
  id: string
  /** The first pointer with a text gives the name. */
  names: string[]
  errors: ResponseRules['errors']
}

const clientMethods = ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'] as const

const endpointNames = [
  ['authorizationEndpoint', 'authorization_endpoint'], ['tokenEndpoint', 'token_endpoint'],
  ['revocationEndpoint', 'revocation_endpoint'], ['userinfoEndpoint', 'userinfo_endpoint'], ['jwksUri', 'jwks_uri']
] as const

/** Parses a document. `variables` contains the values of its references. The config is complete only without errors. */
export function parseServiceConfig (document: unknown, variables: Variables): { config: ServiceConfig, errors: string[] } {
  const errors: string[] = []
  const members = new Members(document, '', variables, errors)
  for (const name of ['id', 'name', 'accounts']) members.has(name)
  const server = parseServer(members)
  const authorization = parseAuthorization(members)
  const config: ServiceConfig = {
    server,
    client: parseClient(members),
    authorization,
    identity: parseIdentity(members),
    tokenErrorPointer: members.read('tokenErrorPointer', jsonPointer, undefined),
    refreshAheadSeconds: members.read('refreshAheadSeconds', integer(0, 86_400), undefined),
    revoke: parseRevoke(members),
    send: members.has('send') ? parseSend(members.child('send')) : undefined,
    proxyUrl: members.read('proxyUrl', secureUrl, undefined),
    maxPerSecond: members.read('maxPerSecond', integer(1, 100_000), undefined)
  }
  checkServer(members, config)
  members.end()
  return { config, errors }
}

function parseServer (members: Members): ServerConfig {
  const endpoints = Object.fromEntries(endpointNames.flatMap(([name, metadata]) => {
    const url = members.read(name, secureUrl, undefined)
    return url === undefined ? [] : [[metadata, url]]
  }))
  return {
    issuer: members.read('issuer', issuerUrl, undefined),
    endpoints,
    discovery: members.read('discovery', oneOf('oidc', 'oauth2', 'off'), members.has('issuer') ? 'oidc' : 'off')
  }
}

/** What must be configured together. */
function checkServer (members: Members, { server, authorization, identity }: ServiceConfig): void {
  const hasIssuer = members.has('issuer')
  if (!hasIssuer) {
    if (server.discovery !== 'off') members.fail('discovery', 'needs an issuer')
    if (authorization.requiresIss) members.fail('requireIss', 'needs an issuer')
    if (identity.from === 'idToken') members.fail('identity.from', 'is "idToken", which needs an issuer')
  }
  if (server.discovery !== 'off') return
  const needed = ['authorizationEndpoint', 'tokenEndpoint', ...identity.from === 'userinfo' ? ['userinfoEndpoint'] : [],
    ...identity.from === 'idToken' ? ['jwksUri'] : []]
  for (const name of needed.filter((each) => !members.has(each))) {
    members.fail(name, `is missing; it takes ${secureUrl.accepts}${hasIssuer ? '' : '. Or give an issuer, which has it in its metadata'}`)
  }
}

function parseClient (members: Members): ClientConfig {
  const method = members.read('tokenAuthMethod', oneOf(...clientMethods), 'client_secret_basic')
  const usesSecret = method === 'client_secret_basic' || method === 'client_secret_post'
  const key = members.read('privateKey', privateKey, undefined)
  const secret = usesSecret ? members.require('clientSecret', secretText, '') : members.read('clientSecret', secretText, undefined)
  if (!usesSecret && secret !== undefined) members.fail('clientSecret', `is not used by the tokenAuthMethod ${method}`)
  if (method === 'private_key_jwt' && !members.has('privateKey')) members.fail('privateKey', `is missing; it takes ${privateKey.accepts}`)
  if (method !== 'private_key_jwt' && members.has('privateKey')) members.fail('privateKey', `is not used by the tokenAuthMethod ${method}`)
  return { id: members.require('clientId', text, ''), secret, method, key, keyId: members.read('privateKeyId', shortText, undefined) }
}

const separator: Reader<' ' | ','> = {
  accepts: '" " or ","',
  read: (value) => {
    if (value !== ' ' && value !== ',') throw new Error()
    return value
  }
}

/** The parameters that Carillon sets itself. */
const ownParameters = ['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'nonce', 'code_challenge', 'code_challenge_method', 'response_mode']

function parseAuthorization (members: Members): AuthorizationConfig {
  const parsed: AuthorizationConfig = {
    scope: members.list('scope', scopeToken).flat(),
    scopeSeparator: members.read('scopeSeparator', separator, ' '),
    parameters: members.texts('authorizeParameters', text),
    askAgainParameters: members.texts('askAgainParameters', text),
    pkce: members.read('pkce', oneOf('S256', 'off'), 'S256'),
    requiresIss: members.flag('requireIss'),
    nonce: members.read('nonce', oneOf('require', 'optional', 'off'), 'require'),
    tokenType: members.read('tokenType', oneOf('bearer', 'any'), 'bearer')
  }
  for (const name of ['authorizeParameters', 'askAgainParameters'] as const) {
    const values = name === 'authorizeParameters' ? parsed.parameters : parsed.askAgainParameters
    for (const own of ownParameters.filter((each) => each in values)) members.fail(`${name}.${own}`, 'is set by Carillon')
  }
  return parsed
}

function parseIdentity (members: Members): IdentityConfig {
  if (!members.has('identity')) members.fail('identity', 'is missing; it takes an object with the member "from"')
  const identity = members.has('identity') ? members.child('identity') : new Members({}, 'identity', {}, [])
  const from = identity.require('from', oneOf('idToken', 'userinfo', 'tokenResponse', 'none'), 'none')
  const isOpenId = from === 'idToken' || from === 'userinfo'
  const id = isOpenId || from === 'none' ? identity.read('id', jsonPointer, '/sub') : identity.require('id', jsonPointer, '')
  const names = identity.list('name', jsonPointer)
  const errors = parseResponseErrors(identity)
  identity.end()
  return { from, id, names: names.length === 0 && isOpenId ? ['/name', '/preferred_username', '/email'] : names, errors }
}

function parseRevoke (members: Members): ServiceConfig['revoke'] {
  if (!members.has('revoke')) return undefined
  const revoke = members.child('revoke')
  const token = revoke.read('token', oneOf('refresh', 'access'), 'refresh')
  const all = revoke.flag('all')
  revoke.end()
  return { token, all }
}
