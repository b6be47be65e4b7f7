import { decodeHTML } from 'entities'
import type { Card } from '../../kit/simulator.ts'
import { textOf } from '../http/fields.ts'

/** An activity on its account's screen. */
export function toCard (activity: Record<string, unknown>): Card {
  const object = activity['object'] as Record<string, unknown>
  const image = object['image'] as Record<string, unknown> | undefined
  return {
    kind: textOf(object['objectType']) ?? 'activity',
    title: textOf(object['displayName']),
    body: toText(textOf(object['content'])),
    url: textOf(object['url']),
    imageUrl: textOf(image?.['url'])
  }
}

/** The text of content, which is HTML. */
function toText (content: string | undefined): string | undefined {
  return content && decodeHTML(content.replace(/<br ?\/?>|<\/p>/gi, '\n').replace(/<[^>]*>/g, '')).trim()
}
