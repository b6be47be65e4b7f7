import { createCodeStore } from '../kit/oauth/code-store.ts'
import { createGrantStore } from '../kit/oauth/grant-store.ts'
import { randomText } from '../kit/random-text.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import { StateMap } from '../kit/state/state-part.ts'
import { createUserStore } from '../kit/user-store.ts'

export const PROVIDER = 'mastodon'

/** With this redirect URI, the server shows the code on a page. */
export const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob'

/** Pleroma's tokens expire. */
export const PLEROMA_TOKEN_SECONDS = 600

const USUAL_LIMIT = 500

export interface Application {
  id: string
  secret: string
  name: string
  redirectUris: string[]
  scopes: string[]
}

export interface Status {
  id: string
  text: string
  visibility: string
  createdMs: number
  author: User
}

export interface User {
  id: string
  username: string
  /** `user@host` */
  account: string
  /** Whether a moderator has disabled the login. */
  isDisabled: boolean
  statuses: Map<string, Status>
}

export interface World extends ReturnType<typeof createWorld> {}

/** The server's data, and its kind: Mastodon unless a quirk makes it another. */
export function createWorld (services: SandboxServices) {
  const { clock, accounts, hostOf } = services
  const quirks = { gotosocial: false, pleroma: false }
  const applications = new StateMap<string, Application>()
  const users = createUserStore<User>({
    provider: PROVIDER,
    accounts,
    keyOf: (account) => account.replace(/@.*$/s, '').toLowerCase(),
    createUser: (name) => {
      const username = name.replace(/@.*$/s, '').toLowerCase()
      return { id: randomDigits(), username, account: `${username}@${hostOf(PROVIDER)}`, isDisabled: false, statuses: new Map() }
    },
    toSaved: (user) => ({ ...user, statuses: new Map() })
  })
  const self = {
    services,
    quirks,
    applications,
    users,
    codes: createCodeStore({ clock }),
    /** What the code stands for, beside its account. */
    requests: new Map<string, { clientId: string, scope: string, challenge: string | null }>(),
    grants: createGrantStore<{ scope: string }>({ clock, refreshSeconds: 30 * 24 * 3_600 }),
    limits: { maxCharacters: USUAL_LIMIT },
    /** The requests of the current window, by token or address. */
    windows: new Map<string, { endMs: number, requests: number }>(),
    /** Mastodon's keys, by account and key. */
    statusKeys: new Map<string, { statusId: string, atMs: number }>(),
    /** Pleroma's responses, by key alone. */
    responses: new Map<string, { status: number, body: string }>(),
    family: () => quirks.pleroma ? 'pleroma' as const : quirks.gotosocial ? 'gotosocial' as const : 'mastodon' as const,

    register (name: string, redirectUris: string[], scopes: string[]): Application {
      const application = { id: randomText(32), secret: randomText(32), name, redirectUris, scopes }
      applications.set(application.id, application)
      return application
    },

    /** The application of accounts that a control call creates, and of people who grant access without Carillon. */
    sharedApplication (): Application {
      const known = [...applications.values()].find(({ name }) => name === 'Sandbox')
      return known ?? self.register('Sandbox', [OUT_OF_BAND], ['read', 'write'])
    },

    reset () {
      for (const part of [users, self.codes, self.grants]) part.reset()
      for (const part of [applications, self.requests, self.windows, self.statusKeys, self.responses]) part.clear()
      self.limits.maxCharacters = USUAL_LIMIT
    }
  }
  return self
}

/** Ids are numbers in texts. */
export function randomDigits (): string {
  return String(100_000_000_000 + Math.floor(Math.random() * 900_000_000_000))
}
