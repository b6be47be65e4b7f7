import type { FastifyRequest } from 'fastify'
import { NtfyError } from './ntfy-error.ts'

/** A message as the apps show it. */
export interface NtfyMessage {
  id: string
  time: number
  event: 'message'
  topic: string
  title?: string
  message: string
  priority?: number
  tags?: string[]
  click?: string
  attachment?: { name: string, url?: string, size?: number }
  actions?: unknown[]
  sequence_id?: string
}

export type PublishOptions = Record<string, unknown>

const maxMessageBytes = 4_096
/** The names of the options in headers and queries. */
const aliases: Record<string, string[]> = {
  title: ['x-title', 'title', 't'],
  message: ['x-message', 'message', 'm'],
  priority: ['x-priority', 'priority', 'prio', 'p'],
  tags: ['x-tags', 'tags', 'tag', 'ta'],
  click: ['x-click', 'click'],
  attach: ['x-attach', 'attach', 'a'],
  filename: ['x-filename', 'filename', 'file', 'f'],
  actions: ['x-actions', 'actions', 'action'],
  sequence_id: ['x-sequence-id', 'sequence-id', 'sid']
}
const priorities: Record<string, number> = { min: 1, low: 2, default: 3, high: 4, max: 5, urgent: 5 }

/** The options in the headers or the query of a request. */
export function optionsIn ({ headers, query }: FastifyRequest): PublishOptions {
  const given: Record<string, unknown> = { ...headers, ...Object(query) }
  const found = Object.entries(aliases).flatMap(([option, names]) => {
    const name = names.find((name) => typeof given[name] === 'string' && given[name] !== '')
    return name === undefined ? [] : [[option, given[name]]]
  })
  return Object.fromEntries(found)
}

/** Checks the options like ntfy. Throws NtfyError. */
export function toMessage (options: PublishOptions, { id, nowMs, topic, keepsSequence }: {
  id: string, nowMs: number, topic: string, keepsSequence: boolean
}): NtfyMessage {
  const { title, click, attach, filename } = options
  const message = text(options['message']) ?? 'triggered'
  if (Buffer.byteLength(message) > maxMessageBytes) throw new NtfyError(40014, 'invalid request: attachments not allowed')
  const priority = priorityOf(options['priority'])
  const tags = typeof options['tags'] === 'string' ? options['tags'].split(',') : options['tags']
  const actions = typeof options['actions'] === 'string' ? parse(options['actions']) : options['actions']
  if (actions !== undefined && !(Array.isArray(actions) && actions.length <= 3)) throw new NtfyError(40018, 'invalid request: actions invalid')
  if (attach !== undefined && !/^https?:\/\//.test(String(attach))) throw new NtfyError(40013, 'invalid request: attachment URL is invalid')
  const sequence = text(options['sequence_id'])
  return {
    id,
    time: Math.floor(nowMs / 1_000),
    event: 'message',
    topic,
    ...text(title) !== undefined && { title: String(title) },
    message,
    ...priority !== undefined && { priority },
    ...Array.isArray(tags) && { tags },
    ...text(click) !== undefined && { click: String(click) },
    ...Array.isArray(actions) && { actions },
    ...text(attach) !== undefined && { attachment: { name: text(filename) ?? 'attachment', url: String(attach) } },
    ...keepsSequence && sequence !== undefined && { sequence_id: sequence }
  }
}

function priorityOf (value: unknown): number | undefined {
  if (value === undefined || value === '') return undefined
  const priority = priorities[String(value)] ?? Number(value)
  if (![1, 2, 3, 4, 5].includes(priority)) throw new NtfyError(40007, 'invalid request: priority invalid')
  return priority
}

function text (value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function parse (json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
