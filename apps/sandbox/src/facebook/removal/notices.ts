import { createHmac } from 'node:crypto'
import type { Clock } from '../../kit/clock.ts'
import { parseObject } from '../../kit/http/parse-object.ts'
import { postToApp } from '../../kit/http/post-to-app.ts'
import { CLIENT } from '../oauth/client.ts'
import type { Person } from '../people.ts'
import type { AppSettings } from './app-settings.ts'

type NoticeKind = 'deauthorize' | 'deletion'

/** A notice to the app, and the app's response. */
export interface Notice {
  kind: NoticeKind
  /** ISO 8601, by the sandbox's clock. */
  at: string
  account: string
  userId: string
  url: string
  /** Null when no response arrived. */
  status: number | null
  /** The body of the response, as text. */
  body: string
  /** The app's status page for the deletion and its code. The response to a deletion must contain both. */
  statusUrl: string | null
  confirmationCode: string | null
}

export interface Notices {
  settings: AppSettings
  /** Returns undefined when the settings contain no address for it. Never rejects. */
  send: (kind: NoticeKind, person: Person) => Promise<Notice | undefined>
  list: () => Notice[]
  reset: () => void
}

export function createNotices (clock: Clock, initialSettings: AppSettings): Notices {
  let sent: Notice[] = []
  let previous: Promise<unknown> = Promise.resolve()

  const self: Notices = {
    settings: { ...initialSettings },

    async send (kind, person) {
      const url = kind === 'deauthorize' ? self.settings.deauthorizeUrl : self.settings.deletionUrl
      if (url === null) return undefined
      // A reset in the meantime also removes this notice.
      const list = sent
      const { account, id: userId } = person
      const at = new Date(clock.nowMs()).toISOString()
      const signed = sign({ algorithm: 'HMAC-SHA256', issued_at: Math.floor(clock.nowMs() / 1000), user_id: userId })
      // One request at a time, since all people may remove the app at once.
      const response = previous.then(async () => await post(url, signed))
      previous = response
      const notice = { kind, at, account, userId, url, ...await response }
      list.push(notice)
      return notice
    },

    list: () => [...sent],

    reset () {
      self.settings = { ...initialSettings }
      sent = []
    }
  }
  return self
}

function sign (payload: object): string {
  const text = Buffer.from(JSON.stringify(payload)).toString('base64url')
  return `${createHmac('sha256', CLIENT.secret).update(text).digest('base64url')}.${text}`
}

async function post (url: string, signed: string): Promise<Pick<Notice, 'status' | 'body' | 'statusUrl' | 'confirmationCode'>> {
  const response = await postToApp(url, new URLSearchParams({ signed_request: signed }))
  return { ...response, ...confirmationIn(response.body) }
}

function confirmationIn (body: string): Pick<Notice, 'statusUrl' | 'confirmationCode'> {
  const { url, confirmation_code: code } = parseObject(body) ?? {}
  return { statusUrl: typeof url === 'string' ? url : null, confirmationCode: typeof code === 'string' ? code : null }
}
