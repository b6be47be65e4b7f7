import type { FastifyRequest } from 'fastify'
import type { Inbox } from '../../kit/inbox.ts'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import type { Card } from '../../kit/simulator.ts'
import { PROVIDER } from '../oauth/client.ts'
import { showTags } from '../store/stream.ts'
import type { Stream } from '../store/objects.ts'
import type { Status } from '../store/objects.ts'

/** What the inbox holds: a change that whoever watches the stream sees. */
export interface Change {
  type: 'status' | 'tags'
  stream: { id: string, name: string, uri: string }
  status: Status
  tags: Array<{ tag: string }>
}

export function report (inbox: Inbox, request: FastifyRequest, stream: Stream, type: Change['type']): void {
  const { id, name, uri, owner, status, tags } = stream
  const change: Change = { type, stream: { id, name, uri }, status, tags: showTags(tags) }
  inbox.add(PROVIDER, owner.userName, recordRequest(request), change)
}

export function showChange ({ type, stream, status, tags }: Change): Card {
  const names = tags.map(({ tag }) => `#${tag}`).join(' ')
  return { kind: type, title: stream.uri, body: type === 'status' ? status.color : names || 'no tags', color: status.color }
}
