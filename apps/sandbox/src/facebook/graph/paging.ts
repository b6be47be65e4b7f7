import type { FastifyRequest } from 'fastify'
import { invalid } from './graph-error.ts'
import { parametersOf } from './parameters.ts'

const DEFAULT_LIMIT = 25

export interface Paged {
  data: unknown[]
  paging?: { cursors: { before: string, after: string }, next?: string, previous?: string }
}

/**
 * One page of a list. The last page has cursors too, and no `next`. The address of another page contains the token. `hasGap`
 * adds an empty page after the first, as Facebook sometimes does.
 */
export function pageOf (all: unknown[], request: FastifyRequest, token: string, version: string, hasGap = false): Paged {
  const parameters = parametersOf(request)
  const limit = readLimit(parameters.get('limit'))
  const after = readCursor(parameters.get('after'))
  const before = readCursor(parameters.get('before'))
  const start = after?.index ?? Math.max(0, (before?.index ?? 0) - limit)
  const isGap = after?.isGap === true
  const end = isGap ? start : Math.min(before?.index ?? Infinity, start + limit, all.length)
  if (all.length === 0) return { data: [] }

  const cursors = { before: toCursor(start), after: toCursor(end, hasGap && start === 0 && !isGap) }
  return {
    data: all.slice(start, end),
    paging: {
      cursors,
      ...end < all.length && { next: address({ after: cursors.after }) },
      ...start > 0 && { previous: address({ before: cursors.before }) }
    }
  }

  function address (position: Record<string, string>): string {
    const next = new URLSearchParams(parameters)
    // The request of the next page needs its own proof.
    for (const name of ['after', 'before', 'access_token', 'appsecret_proof', 'appsecret_time']) next.delete(name)
    for (const [name, value] of Object.entries({ access_token: token, ...position })) next.set(name, value)
    const path = new URL(request.url, 'http://localhost').pathname.replace(/^\/facebook\/graph(\/v\d+\.\d+)?/, `/facebook/graph/${version}`)
    return `${request.protocol}://${request.host}${path}?${next}`
  }
}

function readLimit (text: string | null): number {
  if (text === null) return DEFAULT_LIMIT
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1) return limit
  throw invalid('(#100) limit must be a positive number')
}

function toCursor (index: number, isGap = false): string {
  return Buffer.from(isGap ? `${index} gap` : String(index)).toString('base64url')
}

function readCursor (text: string | null): { index: number, isGap: boolean } | undefined {
  if (text === null || text === '') return undefined
  const [, index, gap] = /^(\d+)( gap)?$/.exec(Buffer.from(text, 'base64url').toString()) ?? []
  if (index === undefined) throw invalid('(#100) Invalid cursors values')
  return { index: Number(index), isGap: gap !== undefined }
}
