import type { FastifyReply } from 'fastify'
import { CLIENT, isRegisteredRedirect } from './client.ts'
import type { Disposable } from './disposables.ts'
import { refusalPage, sendPage } from './pages.ts'
import type { Person } from './pages.ts'
import { toUserName } from '../store/names.ts'
import type { Member } from '../store/users.ts'
import type { World } from '../world.ts'

const DEFAULT_ACCOUNT = 'alice'
const SHOWN_ACCOUNTS = 20
export const NO_SUCH_CLIENT = 'No matching application found. Please contact the application developer.'

/** What a person has decided on a consent page, or a program in its stead. */
export interface Decision {
  action: string | undefined
  account: string | undefined
  /** From the query of the consent form's POST, where nobody writes it. */
  state?: string | undefined
}

/** Allow and deny, for both kinds of client. */
export function createConsent ({ users, codes, disposables }: World) {
  return {
    /** Whom the pages suggest. */
    person: (account: string | undefined): Person => ({ account: nameOf(account), knownAccounts: users.names(SHOWN_ACCOUNTS) }),

    forRedirect (reply: FastifyReply, clientId: string, redirectUri: string, { action, account, state = '' }: Decision): FastifyReply {
      if (!isKnown(clientId, redirectUri)) {
        return action === 'deny' ? sendPage(reply, 404, refusalPage(NO_SUCH_CLIENT)) : reply.code(404).send()
      }
      if (action === 'deny') {
        const answer = { error: 'access_denied', error_description: 'User rejected access for your application', state }
        return reply.redirect(`${redirectUri}?${new URLSearchParams(answer)}`, 303)
      }
      return asMember(reply, account, (member) => {
        return reply.redirect(`${redirectUri}?${new URLSearchParams({ code: codes.issue(member, redirectUri), state })}`, 303)
      })
    },

    forDisposable (reply: FastifyReply, clientId: string, code: string, { action, account }: Decision): FastifyReply {
      // Whatever the code is, and it stays usable.
      if (action === 'deny') return sendPage(reply, 200, refusalPage('Denied the application access to your account.'))
      const disposable = disposables.byCode(code)
      if (disposable === undefined || disposable.id !== clientId || isBound(disposable)) return reply.code(404).send()
      return asMember(reply, account, (member) => {
        disposable.member = member
        return reply.redirect('/blotre/v0/oauth2/redeemSuccessful', 303)
      })
    }
  }

  function asMember (reply: FastifyReply, account: string | undefined, go: (member: Member) => FastifyReply): FastifyReply {
    const userName = toUserName(nameOf(account))
    if (userName !== undefined) return go(users.open(userName))
    return sendPage(reply, 400, refusalPage('An account name has 3 to 64 letters, digits, spaces, dashes, underscores or dollar signs.'))
  }
}

export function isKnown (clientId: string, redirectUri: string): boolean {
  return clientId === CLIENT.id && isRegisteredRedirect(redirectUri)
}

export function isBound ({ member }: Disposable): boolean {
  return member !== undefined
}

function nameOf (account: string | undefined): string {
  return account?.trim() || DEFAULT_ACCOUNT
}
