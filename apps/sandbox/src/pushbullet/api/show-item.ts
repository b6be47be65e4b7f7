import type { Card } from '../../kit/simulator.ts'
import type { Push, Text } from '../store/objects.ts'

/** What this simulator adds to the inbox. */
export type InboxItem =
  | Push & { type: 'note' | 'link' | 'file' }
  | Text & { type: 'text' }
  | { type: 'ephemeral', push: { title?: unknown, body?: unknown, type?: unknown } }

export function toCard (item: InboxItem): Card {
  switch (item.type) {
    case 'text': return { kind: 'text', title: `SMS to ${item.data.addresses.join(', ')}`, body: item.data.message }
    case 'ephemeral': return { kind: 'ephemeral', title: text(item.push.title) ?? text(item.push.type), body: text(item.push.body) }
    case 'file': return { kind: 'file', title: item.file_name, body: item.body, url: item.file_url, imageUrl: item.image_url }
    default: return { kind: item.type, title: item.title, body: item.body, url: item.url }
  }
}

function text (value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
