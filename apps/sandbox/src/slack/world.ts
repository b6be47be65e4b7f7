import { createGrantStore } from '../kit/oauth/grant-store.ts'
import type { Grant, GrantStore } from '../kit/oauth/grant-store.ts'
import { randomText } from '../kit/random-text.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import { StateMap, stateValue } from '../kit/state/state-part.ts'
import type { StatePart } from '../kit/state/state-part.ts'
import { createUserStore } from '../kit/user-store.ts'
import type { UserStore } from '../kit/user-store.ts'
import { CLIENT, PROVIDER } from './client.ts'

/** A person, or a channel with the name `#general`. Both receive messages. */
export interface Member {
  /** `ann@acme`, or `ann` for a person with a workspace of their own. */
  readonly account: string
  readonly id: string
  readonly workspace: Workspace
  /** A person who left, or an archived channel. */
  isGone: boolean
}

export interface Workspace {
  readonly name: string
  readonly id: string
  /** The app's user. Each installation after a removal has another one. */
  botUserId: string
}

/** The permissions of an installation. */
export interface Installation {
  scopes: string[]
}

export interface World {
  members: UserStore<Member>
  workspaces: Map<string, Workspace>
  /** By workspace. */
  grants: GrantStore<Installation>
  /** Whether tokens expire and rotate. A test can switch it. */
  quirks: { rotatesTokens: boolean }
  /** The URLs of incoming webhooks by path, with their channels. */
  webhooks: Map<string, Member>
  /** The app's access to a workspace: a new pair with rotation, and otherwise the same token for everybody. */
  install: (workspace: Workspace, scopes: string[]) => Grant<Installation>
  /** Ends the access to a workspace. Returns false when there was none. */
  uninstall: (workspace: Workspace) => boolean
  workspaceOf: (account: string) => Workspace
  /** The conversation of the app with a person. */
  conversationOf: (person: Member) => string
  /** The person of a conversation. */
  byConversation: (id: string) => Member | undefined
  state: Record<string, StatePart>
  reset: () => void
}

export const ACCESS_SECONDS = 43_200

export function createWorld ({ clock, accounts }: SandboxServices): World {
  const workspaces = new StateMap<string, Workspace>()
  const conversations = new StateMap<string, Member>()
  const webhooks = new StateMap<string, Member>()
  const quirks = { rotatesTokens: true }
  const members = createUserStore<Member>({
    provider: PROVIDER,
    accounts,
    createUser: (account) => ({ account, id: newId(account.startsWith('#') ? 'C' : 'U'), workspace: workspaceOf(account), isGone: false }),
    idOf: ({ id }) => id
  })
  const grants = createGrantStore<Installation>({
    clock,
    createToken: (kind) => `${quirks.rotatesTokens ? kind === 'access' ? 'xoxe.xoxb-1-' : 'xoxe-1-' : 'xoxb-'}${randomText(40)}`,
    refreshSeconds: Infinity,
    accessSeconds: ACCESS_SECONDS,
    keepsLatestOnly: true
  })
  let created = 0

  return {
    members,
    workspaces,
    grants,
    quirks,
    webhooks,

    install (workspace, scopes) {
      if (quirks.rotatesTokens) return grants.issue(workspace.name, CLIENT.id, { scopes })
      const [known] = grants.list(workspace.name)
      if (known === undefined) return grants.issue(workspace.name, CLIENT.id, { scopes }, Infinity)
      known.details.scopes = [...new Set([...known.details.scopes, ...scopes])]
      return known
    },

    uninstall (workspace) {
      workspace.botUserId = newId('U')
      for (const [path, channel] of webhooks) if (channel.workspace === workspace) webhooks.delete(path)
      return grants.revoke(workspace.name) > 0
    },

    workspaceOf,

    conversationOf (person) {
      const id = `D${person.workspace.botUserId.slice(1)}${person.id.slice(1)}`
      conversations.set(id, person)
      return id
    },

    byConversation (id) {
      const person = conversations.get(id)
      return person !== undefined && id.startsWith(`D${person.workspace.botUserId.slice(1)}`) ? person : undefined
    },

    state: {
      members, workspaces, grants, webhooks, conversations, created: stateValue(() => created, (value) => { created = value })
    },

    reset () {
      for (const part of [members, grants]) part.reset()
      for (const part of [workspaces, conversations, webhooks]) part.clear()
      created = 0
    }
  }

  function workspaceOf (account: string): Workspace {
    const name = account.slice(account.indexOf('@') + 1)
    const workspace = workspaces.get(name) ?? { name, id: newId('T'), botUserId: newId('U') }
    workspaces.set(name, workspace)
    return workspace
  }

  function newId (prefix: string): string {
    return `${prefix}0${(created++).toString(36).toUpperCase().padStart(8, '0')}`
  }
}
