import type { FastifyRequest } from 'fastify'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import type { Inbox } from '../../kit/inbox.ts'
import type { Card } from '../../kit/simulator.ts'
import { PROVIDER } from '../oauth/client.ts'
import type { Status, Stream } from '../store/objects.ts'
import { showTags } from './show.ts'

/** An item of the inbox: a change of a stream. */
export interface Change {
  type: 'status' | 'tags'
  stream: { id: string, name: string, uri: string }
  status: Status
  tags: Array<{ tag: string }>
}

export function recordChange (inbox: Inbox, request: FastifyRequest, stream: Stream, type: Change['type']): void {
  const { id, name, uri, owner, status, tags } = stream
  const change: Change = { type, stream: { id, name, uri }, status, tags: showTags(tags) }
  inbox.add(PROVIDER, owner.account, recordRequest(request), change)
}

export function toCard ({ type, stream, status, tags }: Change): Card {
  const names = tags.map(({ tag }) => `#${tag}`).join(' ')
  return { kind: type, title: stream.uri, body: type === 'status' ? status.color : names || 'no tags', color: status.color }
}
