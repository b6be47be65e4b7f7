import type { FastifyInstance } from 'fastify'
import { ControlError } from './control-error.ts'
import { simulatorOf } from './control-context.ts'
import type { Controls } from './control-context.ts'
import type { Simulator, TokenKind } from '../kit/simulator.ts'

const MOST_ACCOUNTS_AT_ONCE = 500_000

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
    return { expired: simulator.expireTokens(known(simulator, account), tokens) }
  })

  app.post<{ Body: WhoseTokens }>('/tokens/revoke', { schema: { body: whoseTokens } }, async (request) => {
    const { provider, account } = request.body
    const simulator = simulatorOf(simulators, provider)
    return { revoked: simulator.revokeTokens(known(simulator, account)) }
  })

  app.get<{ Querystring: WhoseTokens }>('/refreshes', { schema: { querystring: whoseTokens } }, async (request) => {
    const { provider, account } = request.query
    const simulator = simulatorOf(simulators, provider)
    const name = known(simulator, account)
    return { data: simulator.refreshes?.(name) ?? [] }
  })

  function known ({ id, accountOf }: Simulator, account: string | undefined): string | undefined {
    if (account === undefined) return undefined
    const name = accountOf?.(account) ?? account
    if (accounts.has(id, name)) return name
    throw new ControlError(`account: nobody at ${id} is called "${account}"`)
  }
}
