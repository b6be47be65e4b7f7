import type { FastifyInstance } from 'fastify'
import type { Inbox } from '../kit/inbox.ts'
import { formOf, queryOf } from '../kit/http/parameters.ts'
import { accountField, hiddenFields } from '../kit/pages/consent-page.ts'
import { html, joinHtml } from '../kit/pages/html.ts'
import { sendPage, servicePage } from '../kit/pages/service-page.ts'
import type { UserStore } from '../kit/user-store.ts'
import { BOT } from './bot.ts'
import type { Person } from './bot.ts'
import { chatMessage } from './chat-message.ts'
import type { Updates } from './updates.ts'

const STYLE = { name: 'Telegram', accent: '#1d7fbf', accentOnDark: '#6cb7ea' }
const MAX_KNOWN = 20
const MAX_MESSAGES = 8

/** The chat with the bot, as a user's phone shows it: Start, the messages, and blocking. Links with a code lead here. */
export function chatPage (
  app: FastifyInstance, { people, inbox, updates }: { people: UserStore<Person>, inbox: Inbox, updates: Updates }
): void {
  app.get(`/t.me/${BOT.username}`, async (request, reply) => {
    const query = queryOf(request)
    const account = query.get('account')?.trim() || 'alice'
    const code = query.get('start') ?? ''
    // Programs press the button with `auto`. A user who does not allow it closes the chat.
    const isStarted = query.get('auto') === 'allow'
    if (isStarted) await act(account, 'start', code)
    return sendPage(reply, 200, page(account, code, isStarted))
  })

  app.post(`/t.me/${BOT.username}`, async (request, reply) => {
    const form = formOf(request)
    const account = form.get('account')?.trim() || 'alice'
    const action = form.get('action') ?? ''
    await act(account, action, form.get('start') ?? '')
    return sendPage(reply, 200, page(account, '', action === 'start'))
  })

  async function act (account: string, action: string, code: string): Promise<void> {
    const person = people.open(account)
    if (action === 'block') await block(person, updates)
    if (action === 'unblock') await unblock(person, updates)
    if (action !== 'start') return
    if (person.state === 'blocked') await unblock(person, updates)
    person.hasStarted = true
    await updates.started(person, code === '' ? undefined : code)
  }

  function page (account: string, code: string, isStarted: boolean): string {
    const person = people.get(account)
    const { data } = inbox.list({ provider: 'telegram', account, limit: 1_000 })
    const messages = data.slice(-MAX_MESSAGES).map(({ item }) => chatMessage(item))
    const isBlocked = person?.state === 'blocked'
    return servicePage(STYLE, 'Chat', html`
      <style>
        .message { margin: .75rem 0; padding: .1rem .8rem; border-radius: .75rem; background: #8882 }
        .message p { margin: .5rem 0; white-space: pre-wrap }
        .message a { color: inherit }
        .message .button { display: block; margin: .5rem 0; padding: .4rem; border-radius: .5rem; background: #8883; text-align: center }
      </style>
      <h1>${BOT.first_name}</h1>
      <p class="hint">@${BOT.username} · bot${isBlocked ? ' · blocked' : ''}</p>
      ${messages.length === 0 ? html`<p class="hint">No messages yet.</p>` : joinHtml(messages)}
      ${isStarted ? html`<p role="status">Started as <b>${account}</b>. Go back to the page that has the link.</p>` : html``}
      <form method="post" action="${BOT.username}">
        ${hiddenFields({ start: code })}
        ${accountField('Your account', { account, knownAccounts: people.names(MAX_KNOWN) })}
        <div class="buttons">
          <button name="action" value="${isBlocked ? 'unblock' : 'block'}">${isBlocked ? 'Unblock' : 'Block'}</button>
          <button name="action" value="start" class="allow">Start</button>
        </div>
      </form>`)
  }
}

export async function block (person: Person, updates: Updates): Promise<void> {
  person.state = 'blocked'
  await updates.changed(person, 'kicked')
}

export async function unblock (person: Person, updates: Updates): Promise<void> {
  person.state = 'active'
  await updates.changed(person, 'member')
}
