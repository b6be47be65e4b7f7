import { parseObject } from '../kit/http/parse-object.ts'
import type { RecordedRequest } from '../kit/http/recorded-request.ts'
import type { Inbox } from '../kit/inbox.ts'
import type { PushMessage, Subscription } from './browsers.ts'
import { decrypt } from './decrypt.ts'

export type ShowMessage = (subscription: Subscription, message: PushMessage, request: RecordedRequest) => void

/** In bench mode no test reads the content, and decrypting it would take longer than sending it. */
export function createCountMessage (provider: string, inbox: Inbox): ShowMessage {
  const request = { method: 'POST', path: '/', headers: {}, body: null }
  return ({ account }) => { inbox.add(provider, account, request, {}) }
}

/** Shows messages as a browser with our service worker does. A real browser gets them instead. */
export function createShowMessage (provider: string, inbox: Inbox): ShowMessage {
  return (subscription, message, request) => {
    const { account, own, onScreen, forward } = subscription
    if (forward !== undefined) {
      forward(message)
      inbox.add(provider, account, request, { title: 'Passed on to the browser', body: `${message.body.length} bytes that only it can decrypt` })
      return
    }
    const content = own === undefined || message.body.length === 0 ? undefined : decrypt(message.body, own)
    const { notification = { error: 'the message cannot be decrypted' } } = content === undefined ? {} : parseObject(content.toString()) ?? {}
    const { tag = message.id, data: _data, ...visible }: { tag?: unknown, data?: unknown } = Object(notification)
    // A repeated message has the same tag and replaces itself.
    const text = JSON.stringify(visible)
    if (onScreen.get(String(tag)) === text) return
    onScreen.set(String(tag), text)
    inbox.add(provider, account, { ...request, body: content?.toString() ?? null }, notification)
  }
}
