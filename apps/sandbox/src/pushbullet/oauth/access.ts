import type { FastifyInstance, FastifyRequest } from 'fastify'
import { credentialsOf } from '../../kit/http/authorization.ts'
import { createCodeStore } from '../../kit/oauth/code-store.ts'
import type { CodeStore } from '../../kit/oauth/code-store.ts'
import { createGrantStore } from '../../kit/oauth/grant-store.ts'
import type { GrantStore } from '../../kit/oauth/grant-store.ts'
import { randomText } from '../../kit/random-text.ts'
import type { SandboxServices } from '../../kit/simulator.ts'
import { stateValue } from '../../kit/state/state-part.ts'
import type { StatePart } from '../../kit/state/state-part.ts'
import { createUserStore } from '../../kit/user-store.ts'
import type { UserStore } from '../../kit/user-store.ts'
import { invalidAccessToken } from '../http/pushbullet-error.ts'
import { spend } from '../http/rate-headers.ts'
import type { Timestamps } from '../store/collection.ts'
import { User } from '../store/user.ts'
import { CLIENT, PROVIDER } from './client.ts'

declare module 'fastify' {
  interface FastifyRequest {
    pushbulletUser: User | undefined
  }
}

/** The users, and the codes and tokens that give access to them. A user may have several tokens, which do not expire. */
export interface Access {
  /** `byId` finds users by their normalized e-mail address. */
  users: UserStore<User>
  codes: CodeStore
  grants: GrantStore
  /** A new access token for the registered client. */
  issueToken: (account: string) => string
  byToken: (token: string) => User | undefined
  state: Record<string, StatePart>
  reset: () => void
}

export function createAccess ({ clock, accounts }: SandboxServices, timestamps: Timestamps): Access {
  let created = 0
  const users = createUserStore<User>({
    provider: PROVIDER,
    accounts,
    createUser: (account) => new User(account, `uj${(created++).toString(36).padStart(5, '0')}${randomText(3)}`, timestamps),
    idOf: ({ emailNormalized }) => emailNormalized,
    // Pushes and what users create beside them are messages.
    toSaved: ({ account, iden }) => ({ account, iden }),
    fromSaved (saved) {
      const { account, iden } = saved as Pick<User, 'account' | 'iden'>
      return new User(account, iden, timestamps)
    }
  })
  const codes = createCodeStore({ clock })
  const grants = createGrantStore({ clock, createToken: () => `o.${randomText(32)}` })

  return {
    users,
    codes,
    grants,
    issueToken: (account) => grants.issue(account, CLIENT.id, undefined).accessToken,

    byToken (token) {
      const grant = grants.byAccessToken(token)
      return grant && users.get(grant.account)
    },

    state: { users, grants, created: stateValue(() => created, (value) => { created = value }) },

    reset () {
      created = 0
      for (const part of [users, codes, grants]) part.reset()
    }
  }
}

/** Refuses requests without a valid token, and adds the rate headers of its user. */
export function authenticate (app: FastifyInstance, { byToken }: Access, { clock }: SandboxServices): void {
  app.decorateRequest('pushbulletUser', undefined)
  app.addHook('onRequest', (request, reply, done) => {
    const user = byToken(tokenOf(request) ?? '')
    if (user === undefined) return done(invalidAccessToken())
    request.pushbulletUser = user
    reply.headers(spend(user, clock))
    done()
  })
}

/** The user of a request that `authenticate` has accepted. */
export function userOf (request: FastifyRequest): User {
  if (request.pushbulletUser === undefined) throw invalidAccessToken()
  return request.pushbulletUser
}

/** Pushbullet accepts `Access-Token`, Basic with an empty password, and Bearer from its older documentation. */
function tokenOf (request: FastifyRequest): string | undefined {
  const header = request.headers['access-token']
  if (typeof header === 'string') return header
  const basic = credentialsOf(request, 'basic')
  if (basic === undefined) return credentialsOf(request, 'bearer')
  return /^([^:]*):$/.exec(Buffer.from(basic, 'base64').toString())?.[1]
}
