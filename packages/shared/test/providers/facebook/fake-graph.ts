import { createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Test } from 'tap'
import { web } from '../../../../http/test/local-server.ts'
import type { Fault, Simulator } from '../conformance/simulator.ts'

/** The registered app. */
export const app = { clientId: '1234567890123456', clientSecret: 'sandbox-secret' }

interface Token {
  user: string
  /** Milliseconds since the epoch. */
  expiresAt: number
  isRevoked: boolean
}

/** Figures are text, but a test may return other values. */
type Row = Record<'impressions' | 'clicks' | 'spend', unknown>

/** The ad accounts of a user by id, with their figures by day. */
export type AdAccounts = Record<string, { timezone?: string, days: Record<string, Row> }>

export interface PretendedGraph extends Simulator {
  /** Every received request, including tokens. */
  requests: string[]
  /** The tokens that it has issued for `user`, newest last. */
  tokensOf: (user: string) => string[]
  decline: (user: string, ...permissions: string[]) => void
  /** A token like the one from a code, valid for two hours. */
  shortToken: (user: string) => string
  /** The number of days in a page of insights. */
  pageSize: number
  adAccounts: Map<string, AdAccounts>
  /** Items in the list of ad accounts in addition to those of `adAccounts`. */
  oddAccounts: unknown[]
  /** Called before it returns a page of insights. */
  onInsights: (account: string) => void | Promise<void>
}

const hourMs = 3_600_000
const longLivedSeconds = 5_183_944

/**
 * The parts of the Graph API that our client uses, as small as possible. It counts requests, delays responses and fails on
 * request, which the simulator does not do for a single connection.
 */
export async function pretendGraph (t: Test): Promise<PretendedGraph> {
  const tokens = new Map<string, Token>()
  const declined = new Map<string, Set<string>>()
  const counts = new Map<string, number>()
  const userAgents = new Set<string>()
  const faults: Array<Fault & { left: number }> = []
  let made = 0

  const url = await web(t, (request, response) => { handle(request, response).catch(() => response.destroy()) })
  const graph: PretendedGraph = {
    url,
    environment: { FACEBOOK_CLIENT_ID: app.clientId, FACEBOOK_CLIENT_SECRET: app.clientSecret, FACEBOOK_GRAPH_URL: url },
    pumpioHost: '',
    requests: [],
    pageSize: 25,
    adAccounts: new Map(),
    oddAccounts: [],
    onInsights: () => {},
    tokensOf: (user) => [...tokens].filter(([, token]) => token.user === user).map(([text]) => text),
    decline: (user, ...permissions) => { declined.set(user, new Set(permissions)) },
    shortToken: (user) => give(user, 2 * hourMs),
    account: async () => {
      const name = String(10_000 + ++made)
      return { name, credentials: { accessToken: give(name, longLivedSeconds * 1_000) } }
    },
    revoke: async ({ name }) => end(name),
    expire: async ({ name }) => { for (const token of tokens.values()) if (token.user === name) token.expiresAt = Date.now() },
    fault: async (t, fault) => {
      faults.push({ ...fault, left: fault.times ?? Infinity })
      t.teardown(() => { faults.length = 0 })
    },
    inbox: async () => [],
    calls: async (endpoint) => counts.get(endpoint) ?? 0,
    userAgents: async () => [...userAgents],
    control: async () => {}
  }
  return graph

  function give (user: string, lifetimeMs: number): string {
    const text = `EAAtoken${++made}of${user}`
    tokens.set(text, { user, expiresAt: Date.now() + lifetimeMs, isRevoked: false })
    return text
  }

  function end (user: string): void {
    for (const token of tokens.values()) if (token.user === user) token.isRevoked = true
  }

  async function handle (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '', url)
    const path = pathname.replace(/^\/v\d+\.\d+/, '')
    userAgents.add(request.headers['user-agent'] ?? '')
    graph.requests.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
    counts.set(`${request.method} ${path}`, (counts.get(`${request.method} ${path}`) ?? 0) + 1)
    const fault = faults.find(({ left, match = '' }) => left > 0 && `${request.method} ${path}`.includes(match))
    if (fault !== undefined) return fail(fault, response)
    const form = new URLSearchParams(await textOf(request))
    const answer = await answerTo(`${request.method} ${path}`, path, query, form, request)
    const isError = typeof answer === 'object' && 'error' in answer
    response.writeHead(isError ? 400 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }

  function fail (fault: Fault & { left: number }, response: ServerResponse): void {
    fault.left--
    if (fault.reset !== undefined) response.destroy()
    if (fault.reset !== undefined || fault.delayMs !== undefined) return
    const body = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? {})
    response.writeHead(fault.status ?? 200, fault.headers ?? {}).end(body)
  }

  async function answerTo (
    call: string, path: string, query: URLSearchParams, form: URLSearchParams, { headers }: IncomingMessage
  ): Promise<object> {
    if (call === 'POST /oauth/access_token') return exchange(form)
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    const proof = createHmac('sha256', app.clientSecret).update(bearer).digest('hex')
    if (query.get('appsecret_proof') !== proof) return refuse(100, 'API calls from the server require an appsecret_proof argument')
    if (call === 'GET /debug_token') {
      return bearer === `${app.clientId}|${app.clientSecret}` ? { data: facts(query.get('input_token') ?? '') } : refuse(190, 'Invalid OAuth access token.')
    }
    const subcode = subcodeOf(tokens.get(bearer))
    if (subcode !== undefined) return refuse(190, 'Error validating access token', subcode)
    const user = tokens.get(bearer)?.user ?? ''
    if (call === 'GET /me') return { id: user, name: `User ${user}` }
    if (call === 'GET /me/permissions') {
      const isDeclined = (name: string) => declined.get(user)?.has(name) === true
      return { data: ['public_profile', 'ads_read'].map((permission) => ({ permission, status: isDeclined(permission) ? 'declined' : 'granted' })) }
    }
    if (call === 'DELETE /me/permissions') {
      end(user)
      return { success: true }
    }
    if (call === 'GET /me/adaccounts') {
      const known = Object.entries(graph.adAccounts.get(user) ?? {}).map(([id, { timezone }]) => ({
        id, account_id: id.slice(4), name: `Account ${id}`, account_status: 1, currency: 'EUR', timezone_name: timezone ?? 'UTC'
      }))
      return paged([...graph.oddAccounts, ...known], path, query, bearer)
    }
    const [, account = ''] = /^GET \/(act_\d+)\/insights$/.exec(call) ?? []
    const found = graph.adAccounts.get(user)?.[account]
    if (found === undefined) return refuse(100, 'Unsupported get request.', 33)
    await graph.onInsights(account)
    const { since, until } = JSON.parse(query.get('time_range') ?? '{}') as { since: string, until: string }
    const days = Object.entries(found.days).filter(([day]) => day >= since && day <= until).sort()
    return paged(days.map(([day, row]) => ({ ...row, date_start: day, date_stop: day })), path, query, bearer)
  }

  /** Like Facebook, it includes the token in the URL of the next page, and cursors on the last page too. */
  function paged (all: unknown[], path: string, query: URLSearchParams, token: string): object {
    const from = Number(query.get('after') ?? 0)
    const to = from + Math.min(graph.pageSize, Number(query.get('limit') ?? graph.pageSize))
    const next = new URL(`${url}/v26.0${path}?${query}`)
    next.searchParams.set('access_token', token)
    next.searchParams.set('after', String(to))
    const cursors = { before: String(from), after: String(to) }
    return { data: all.slice(from, to), paging: { cursors, ...to < all.length && { next: next.href } } }
  }

  function exchange (form: URLSearchParams): object {
    if (form.get('client_id') !== app.clientId) return refuse(101, 'Error validating application.')
    if (form.get('client_secret') !== app.clientSecret) return refuse(1, 'Error validating client secret.')
    const old = tokens.get(form.get('fb_exchange_token') ?? '')
    const subcode = subcodeOf(old)
    if (subcode !== undefined || old === undefined) return refuse(190, 'Error validating access token', subcode)
    return { access_token: give(old.user, longLivedSeconds * 1_000), token_type: 'bearer', expires_in: longLivedSeconds }
  }

  function facts (text: string): object {
    const token = tokens.get(text)
    const subcode = subcodeOf(token)
    const known = { app_id: app.clientId, type: 'USER', user_id: token?.user, expires_at: Math.floor((token?.expiresAt ?? 0) / 1_000), scopes: [] }
    return { ...known, is_valid: subcode === undefined, ...subcode !== undefined && { error: { code: 190, message: 'Do not quote me.', subcode } } }
  }

  function subcodeOf (token: Token | undefined): number | undefined {
    if (token === undefined) return 467
    if (token.isRevoked) return 458
    return token.expiresAt <= Date.now() ? 463 : undefined
  }
}

function refuse (code: number, message: string, subcode?: number): object {
  return { error: { message, type: 'OAuthException', code, ...subcode !== undefined && { error_subcode: subcode }, fbtrace_id: 'A' } }
}

async function textOf (request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
