import { createHmac } from 'node:crypto'
import { postToApp } from '../kit/http/post-to-app.ts'
import type { AppResponse } from '../kit/http/post-to-app.ts'
import { randomText } from '../kit/random-text.ts'
import { readUrl } from '../kit/read-variable.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import { CLIENT, PROVIDER } from './client.ts'
import type { Workspace } from './world.ts'

/** An event that was sent to the app, and the app's response. */
interface SentEvent extends AppResponse {
  event: object
}

/** The Events API: signed requests to the app. */
export interface Events {
  /** The Request URL in the app's settings; null for none. */
  url: string | null
  send: (workspace: Workspace, event: object) => Promise<void>
  /** The events that follow the removal of the app. */
  sendRemoval: (workspace: Workspace, botUserId: string) => Promise<void>
  list: () => SentEvent[]
  reset: () => void
}

export function createEvents ({ clock, env }: SandboxServices): Events {
  const appUrl = readUrl(env, 'SANDBOX_APP_URL')
  const initialUrl = readUrl(env, 'SANDBOX_SLACK_EVENTS_URL') ?? (appUrl === undefined ? null : `${appUrl}/inbound/${PROVIDER}`)
  let sent: SentEvent[] = []

  const self: Events = {
    url: initialUrl,

    async send (workspace, event) {
      if (self.url === null) return
      // A reset in the meantime also removes this event.
      const list = sent
      const seconds = Math.floor(clock.nowMs() / 1000)
      const envelope = {
        token: 'deprecated',
        team_id: workspace.id,
        api_app_id: CLIENT.appId,
        event,
        type: 'event_callback',
        event_id: `Ev0${randomText(10).toUpperCase()}`,
        event_time: seconds,
        authorizations: []
      }
      const body = JSON.stringify(envelope)
      const signature = createHmac('sha256', CLIENT.signingSecret).update(`v0:${seconds}:${body}`).digest('hex')
      const headers = {
        'content-type': 'application/json', 'x-slack-request-timestamp': String(seconds), 'x-slack-signature': `v0=${signature}`
      }
      list.push({ event, ...await postToApp(self.url, body, headers) })
    },

    async sendRemoval (workspace, botUserId) {
      await self.send(workspace, { type: 'tokens_revoked', tokens: { oauth: [], bot: [botUserId] } })
      await self.send(workspace, { type: 'app_uninstalled' })
    },

    list: () => [...sent],

    reset () {
      self.url = initialUrl
      sent = []
    }
  }
  return self
}
