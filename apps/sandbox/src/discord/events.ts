import { sign } from 'node:crypto'
import { postToApp } from '../kit/http/post-to-app.ts'
import type { AppResponse } from '../kit/http/post-to-app.ts'
import { readUrl } from '../kit/read-variable.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import { CLIENT, PROVIDER, SIGNING_KEY } from './client.ts'
import type { Member } from './world.ts'

/** A request that was sent to the application, and its response. */
interface SentEvent extends AppResponse {
  content: object
}

/** The webhook events: signed requests to the application. */
export interface Events {
  /** The URL in the settings of the application; null for none. */
  url: string | null
  /** Sends a ping, and one with a wrong signature. Discord keeps a URL that responds to them with 204 and 401. */
  check: () => Promise<void>
  sendDeauthorized: (person: Member) => Promise<void>
  list: () => SentEvent[]
  reset: () => void
}

export function createEvents ({ clock, env }: SandboxServices): Events {
  const appUrl = readUrl(env, 'SANDBOX_APP_URL')
  const initialUrl = readUrl(env, 'SANDBOX_DISCORD_EVENTS_URL') ?? (appUrl === undefined ? null : `${appUrl}/inbound/${PROVIDER}`)
  let sent: SentEvent[] = []

  const self: Events = {
    url: initialUrl,

    async check () {
      await send({ type: 0 })
      await send({ type: 0 }, { isForged: true })
    },

    async sendDeauthorized ({ userId: id, account: username }) {
      // The time has no time zone. It is UTC.
      const timestamp = new Date(clock.nowMs()).toISOString().replace('Z', '000')
      await send({ type: 1, event: { type: 'APPLICATION_DEAUTHORIZED', timestamp, data: { user: { id, username } } } })
    },

    list: () => [...sent],

    reset () {
      self.url = initialUrl
      sent = []
    }
  }
  return self

  async function send (members: object, { isForged = false } = {}): Promise<void> {
    if (self.url === null) return
    // A reset in the meantime also removes this event.
    const list = sent
    const content = { version: 1, application_id: CLIENT.id, ...members }
    const body = JSON.stringify(content)
    const timestamp = String(Math.floor(clock.nowMs() / 1000))
    const signature = sign(null, Buffer.from(timestamp + body), SIGNING_KEY).toString('hex')
    const headers = {
      'content-type': 'application/json',
      'x-signature-timestamp': timestamp,
      'x-signature-ed25519': isForged ? signature.replace(/^../, (first) => first === '00' ? '11' : '00') : signature
    }
    list.push({ content, ...await postToApp(self.url, body, headers) })
  }
}
