import { createHash } from 'node:crypto'
import { fitText } from '../../text/index.ts'
import type { Message, MessageAction } from '../message.ts'
import { omittedFields } from '../rendered.ts'
import type { MessageField, Rendered } from '../rendered.ts'

/** More than this does not reach Firefox on Android. */
const maxPayloadBytes = 2_700
/** For the payload without texts and addresses: names, tag and token. */
const frameBytes = 500
const maxTitleBytes = 300
/** A picture and buttons must leave this much for the text. */
const minTextBytes = 500
const maxShortUrlBytes = 600
/** Browsers show no more. */
const maxActions = 2

const urgencies = { low: 'low', normal: 'normal', high: 'high', critical: 'high' } as const

/** What the browser shows. A picture and buttons that leave no space for the text are omitted, and then the text is cut. */
export function renderMessage (message: Message, siteName: string): Rendered & { style: { urgency: string } } {
  const { body = '', url, image, actions = [], urgency = 'normal' } = message
  const target = url ?? actions[0]?.url
  const title = fitText(message.title ?? siteName, { max: maxTitleBytes, measure })
  const room = maxPayloadBytes - frameBytes - measure(title.text) - measure(target ?? '')
  const forText = Math.min(measure(body), minTextBytes)
  const visibleImage = image !== undefined && measure(image) + forText <= room ? image : undefined
  let left = room - measure(visibleImage ?? '')
  const visibleActions = actions.slice(0, maxActions).filter(({ title, url }) => {
    const fits = measure(title) + measure(url) + actionFrameBytes + forText <= left
    if (fits) left -= measure(title) + measure(url) + actionFrameBytes
    return fits
  })
  const text = fitText(body, { max: left, measure })
  const visible: MessageField[] = ['title', 'body', 'url', 'urgency', 'collapseKey']
  if (visibleImage !== undefined) visible.push('image')
  if (visibleActions.length > 0) visible.push('actions')
  return {
    title: title.text,
    ...body !== '' && { text: text.text },
    url: target,
    image: visibleImage,
    ...visibleActions.length > 0 && { actions: visibleActions },
    style: { urgency: urgencies[urgency] },
    shortened: [
      ...title.isCut ? ['title' as const] : [],
      ...text.isCut ? ['body' as const] : [],
      ...visibleActions.length > 0 && visibleActions.length < actions.length ? ['actions' as const] : []
    ],
    omitted: omittedFields(message, visible)
  }
}

/** The part that is sent when the push service refuses the whole message as too large. */
export function shorten ({ title, url }: Rendered): Pick<Rendered, 'title' | 'url'> {
  return { title, url: url !== undefined && measure(url) <= maxShortUrlBytes ? url : undefined }
}

/** What our service worker shows. The names are those of Declarative Web Push, which Safari shows without a worker. */
interface BrowserNotification {
  title: string | undefined
  body: string | undefined
  /** The page that a click opens. */
  navigate: string | undefined
  /** A notification with the same tag replaces this one. */
  tag: string
  image: string | undefined
  silent?: true
  requireInteraction?: true
  actions?: NotificationAction[]
  /** The token with which the worker reports a click. */
  data?: { seen: string }
}

interface NotificationAction {
  action: string
  title: string
  navigate: string
}

const actionFrameBytes = 50

export function toPayload (
  { title, text: body, url: navigate, image, actions }: Pick<Rendered, 'title' | 'text' | 'url' | 'image' | 'actions'>,
  { key, message: { urgency, collapseKey }, seenToken }: { key: string, message: Message, seenToken: string | undefined }
): Buffer {
  const notification: BrowserNotification = {
    title,
    body,
    navigate,
    // A repeated request has the same tag, so the message appears once.
    tag: collapseKey === undefined ? key : topicOf(collapseKey),
    image,
    ...urgency === 'low' && { silent: true },
    ...urgency === 'critical' && { requireInteraction: true },
    ...actions !== undefined && { actions: actions.map(toAction) },
    ...seenToken !== undefined && { data: { seen: seenToken } }
  }
  return Buffer.from(JSON.stringify({ web_push: 8030, notification }))
}

function toAction ({ title, url }: MessageAction, index: number): NotificationAction {
  return { action: String(index), title, navigate: url }
}

/** `Topic` for messages that replace each other: 32 characters of base64url (RFC 8030 §5.4). */
export function topicOf (collapseKey: string): string {
  return createHash('sha256').update(collapseKey).digest('base64url').slice(0, 32)
}

/** Bytes in the payload. */
function measure (text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2
}
