import type { FastifyInstance } from 'fastify'
import type { Simulator, TokenKind } from '../kit/simulator.ts'
import { simulatorOf } from './control-context.ts'
import type { ControlContext } from './control-context.ts'
import { noSuchAccount } from './control-error.ts'

const MAX_ACCOUNTS_PER_CALL = 500_000

const newAccounts = {
  type: 'object',
  properties: {
    provider: { type: 'string' },
    count: { type: 'integer', minimum: 1, maximum: MAX_ACCOUNTS_PER_CALL },
    host: { type: 'string', pattern: '^[a-z0-9.-]{1,100}$' }
  },
  required: ['provider', 'count'],
  additionalProperties: false
}

const tokensOfAccount = {
  type: 'object',
  properties: { provider: { type: 'string' }, account: { type: 'string' } },
  required: ['provider'],
  additionalProperties: false
}

const tokensOfKind = {
  ...tokensOfAccount,
  properties: { ...tokensOfAccount.properties, tokens: { enum: ['access', 'refresh', 'both'] } }
}

interface TokenSelection {
  provider: string
  account?: string
}

export function accountRoutes (app: FastifyInstance, { accounts, simulators }: ControlContext): void {
  app.post<{ Body: { provider: string, count: number, host?: string } }>('/accounts', { schema: { body: newAccounts } }, async (request) => {
    const { provider, count, host } = request.body
    const { createAccount } = simulatorOf(simulators, provider)
    return { data: Array.from({ length: count }, () => createAccount(host)) }
  })

  app.post<{ Body: TokenSelection & { tokens?: TokenKind } }>('/tokens/expire', { schema: { body: tokensOfKind } }, async (request) => {
    const { provider, account, tokens } = request.body
    const simulator = simulatorOf(simulators, provider)
    return { expired: simulator.expireTokens(accountNamed(simulator, account), tokens) }
  })

  app.post<{ Body: TokenSelection }>('/tokens/revoke', { schema: { body: tokensOfAccount } }, async (request) => {
    const { provider, account } = request.body
    const simulator = simulatorOf(simulators, provider)
    return { revoked: simulator.revokeTokens(accountNamed(simulator, account)) }
  })

  app.get<{ Querystring: TokenSelection }>('/refreshes', { schema: { querystring: tokensOfAccount } }, async (request) => {
    const { provider, account } = request.query
    const simulator = simulatorOf(simulators, provider)
    const name = accountNamed(simulator, account)
    return { data: simulator.refreshes?.(name) ?? [] }
  })

  function accountNamed ({ id, accountOf }: Simulator, account: string | undefined): string | undefined {
    if (account === undefined) return undefined
    const name = accountOf?.(account) ?? account
    if (accounts.has(id, name)) return name
    throw noSuchAccount(id, account)
  }
}
