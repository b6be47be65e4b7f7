import { createHmac } from 'node:crypto'
import type { Clock } from '../../kit/clock.ts'
import { CLIENT } from '../oauth/client.ts'
import type { Person } from '../people.ts'

/** Addresses of the app's that its settings at Facebook name; null for none. */
export interface AppSettings {
  deauthorizeUrl: string | null
  deletionUrl: string | null
}

type NoticeKind = 'deauthorize' | 'deletion'

/** What the app was told, and what it said to that. */
export interface Notice {
  kind: NoticeKind
  /** ISO 8601, by the sandbox's clock. */
  at: string
  account: string
  userId: string
  url: string
  /** Null when there was no answer. */
  status: number | null
  /** The answer's body, as text. */
  body: string
  /** Where the app says how the deletion goes on, and under what name: a deletion that has neither is not in order. */
  statusUrl: string | null
  confirmationCode: string | null
}

export interface Notices {
  settings: AppSettings
  /** Undefined when the settings name no address for it. Never rejects. */
  tell: (kind: NoticeKind, person: Person) => Promise<Notice | undefined>
  list: () => Notice[]
  reset: () => void
}

const LONGEST_WAIT_MS = 10_000

export function createNotices (clock: Clock, initial: Partial<AppSettings>): Notices {
  const settingsAtFirst: AppSettings = { deauthorizeUrl: null, deletionUrl: null, ...initial }
  let told: Notice[] = []
  let turn: Promise<unknown> = Promise.resolve()

  const self: Notices = {
    settings: { ...settingsAtFirst },

    async tell (kind, person) {
      const url = kind === 'deauthorize' ? self.settings.deauthorizeUrl : self.settings.deletionUrl
      if (url === null) return undefined
      // A reset in the meantime forgets this one as well.
      const list = told
      const { account, id: userId } = person
      const at = new Date(clock.nowMs()).toISOString()
      const signed = sign({ algorithm: 'HMAC-SHA256', issued_at: Math.floor(clock.nowMs() / 1000), user_id: userId })
      // One after the other: everybody may have removed the app at once.
      const answer = turn.then(async () => await post(url, signed))
      turn = answer
      const notice = { kind, at, account, userId, url, ...await answer }
      list.push(notice)
      return notice
    },

    list: () => [...told],

    reset () {
      self.settings = { ...settingsAtFirst }
      told = []
    }
  }
  return self
}

function sign (payload: object): string {
  const text = Buffer.from(JSON.stringify(payload)).toString('base64url')
  return `${createHmac('sha256', CLIENT.secret).update(text).digest('base64url')}.${text}`
}

type Answer = Pick<Notice, 'status' | 'body' | 'statusUrl' | 'confirmationCode'>

async function post (url: string, signed: string): Promise<Answer> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ signed_request: signed }),
      signal: AbortSignal.timeout(LONGEST_WAIT_MS)
    })
    const body = await answer.text()
    return { status: answer.status, body, ...confirmationIn(body) }
  } catch (error) {
    return { status: null, body: error instanceof Error ? error.message : '', statusUrl: null, confirmationCode: null }
  }
}

function confirmationIn (body: string): Pick<Notice, 'statusUrl' | 'confirmationCode'> {
  const { url, confirmation_code: code } = membersOf(body)
  return { statusUrl: typeof url === 'string' ? url : null, confirmationCode: typeof code === 'string' ? code : null }
}

function membersOf (body: string): Record<string, unknown> {
  try {
    const members: unknown = JSON.parse(body)
    return typeof members === 'object' && members !== null ? members as Record<string, unknown> : {}
  } catch {
    return {}
  }
}
