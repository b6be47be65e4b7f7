import type { FastifyRequest } from 'fastify'
import type { Accounts } from '../kit/accounts.ts'
import { StateMap } from '../kit/state/state-part.ts'
import { createUserStore } from '../kit/user-store.ts'
import { randomText } from '../kit/random-text.ts'
import { forbidden, NtfyError, unauthorized } from './ntfy-error.ts'
import type { NtfyMessage } from './publish-options.ts'

/** A topic. Everybody may use it until it is protected. */
export interface Topic {
  readonly account: string
  isProtected: boolean
  messages: NtfyMessage[]
}

export function createTopics (accounts: Accounts) {
  const topics = createUserStore<Topic>({
    provider: 'ntfy',
    accounts,
    createUser: (account) => ({ account, isProtected: false, messages: [] }),
    toSaved: (topic) => ({ ...topic, messages: [] })
  })
  /** The topic of each access token. */
  const tokens = new StateMap<string, string>()

  return {
    ...topics,
    state: { topics, tokens },

    /** Protects the topic, and returns a token for it. */
    issueToken (account: string): string {
      const token = `tk_${randomText(29)}`
      topics.open(account).isProtected = true
      tokens.set(token, account)
      return token
    },

    /** Ends the tokens of a topic or of all, and protects the topics. */
    revoke (account?: string): number {
      const ended = [...tokens].filter(([, topic]) => account === undefined || topic === account)
      for (const [token] of ended) tokens.delete(token)
      for (const topic of topics.all()) if (account === undefined || topic.account === account) topic.isProtected = true
      return ended.length
    },

    /** The topic, if the request may use it. Throws NtfyError. */
    authorize (request: FastifyRequest, name: unknown): Topic {
      if (typeof name !== 'string' || !/^[-\w]{1,64}$/.test(name)) throw new NtfyError(40009, 'invalid request: topic invalid')
      const token = tokenOf(request)
      const topic = topics.open(name)
      if (token !== undefined && !tokens.has(token)) throw unauthorized()
      if (topic.isProtected && (token === undefined || tokens.get(token) !== name)) throw forbidden()
      return topic
    },

    reset () {
      topics.reset()
      tokens.clear()
    }
  }
}

/** A bearer token, or the password of a login without a name. */
function tokenOf ({ headers: { authorization } }: FastifyRequest): string | undefined {
  if (authorization === undefined) return undefined
  const [scheme = '', value = ''] = authorization.split(' ')
  if (/^bearer$/i.test(scheme)) return value
  return Buffer.from(value, 'base64').toString().replace(/^[^:]*:/, '')
}
