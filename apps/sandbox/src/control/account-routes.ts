import type { FastifyInstance } from 'fastify'
import { ControlError } from './control-error.ts'
import { simulatorOf } from './control-routes.ts'
import type { Controls } from './control-routes.ts'
import type { TokenKind } from '../simulator.ts'

const MOST_ACCOUNTS_AT_ONCE = 100_000

const newAccounts = {
  type: 'object',
  properties: {
    provider: { type: 'string' },
    count: { type: 'integer', minimum: 1, maximum: MOST_ACCOUNTS_AT_ONCE }
  },
  required: ['provider', 'count'],
  additionalProperties: false
}

const whoseTokens = {
  type: 'object',
  properties: { provider: { type: 'string' }, account: { type: 'string' } },
  required: ['provider'],
  additionalProperties: false
}

const whichTokens = {
  ...whoseTokens,
  properties: { ...whoseTokens.properties, tokens: { enum: ['access', 'refresh', 'both'] } }
}

interface WhoseTokens {
  provider: string
  account?: string
}

export function accountRoutes (app: FastifyInstance, { accounts, simulators }: Controls): void {
  app.post<{ Body: { provider: string, count: number } }>('/accounts', { schema: { body: newAccounts } }, async (request) => {
    const { provider, count } = request.body
    return { data: simulatorOf(simulators, provider).createAccounts(count) }
  })

  app.post<{ Body: WhoseTokens & { tokens?: TokenKind } }>('/tokens/expire', { schema: { body: whichTokens } }, async (request) => {
    const { provider, account, tokens } = request.body
    const simulator = simulatorOf(simulators, provider)
    mustKnow(provider, account)
    return { expired: simulator.expireTokens(account, tokens) }
  })

  app.post<{ Body: WhoseTokens }>('/tokens/revoke', { schema: { body: whoseTokens } }, async (request) => {
    const { provider, account } = request.body
    const simulator = simulatorOf(simulators, provider)
    mustKnow(provider, account)
    return { revoked: simulator.revokeTokens(account) }
  })

  app.get<{ Querystring: WhoseTokens }>('/refreshes', { schema: { querystring: whoseTokens } }, async (request) => {
    const { provider, account } = request.query
    const simulator = simulatorOf(simulators, provider)
    mustKnow(provider, account)
    return { data: simulator.refreshes?.(account) ?? [] }
  })

  function mustKnow (provider: string, account: string | undefined): void {
    if (account === undefined || accounts.has(provider, account)) return
    throw new ControlError(`account: nobody at ${provider} is called "${account}"`)
  }
}
