import type { Failure } from '@carillon/http'

/** What a code of Discord's API can mean by itself. */
type Kind = 'channelGone' | 'personGone' | 'unauthorized' | 'busy' | 'transient' | 'misconfigured' | 'policy' | 'message'

const failures: Record<Kind, { kind: Exclude<Failure['kind'], 'rateLimited' | 'missingPermission'>, reason: string }> = {
  channelGone: { kind: 'gone', reason: 'the webhook or its channel no longer takes messages' },
  personGone: { kind: 'gone', reason: 'the bot cannot message this person, who must share a server with it and allow direct messages' },
  unauthorized: { kind: 'unauthorized', reason: 'access token is not accepted' },
  busy: { kind: 'transient', reason: 'too many requests' },
  transient: { kind: 'transient', reason: 'not available now' },
  misconfigured: { kind: 'misconfigured', reason: 'Discord does not accept our requests' },
  policy: { kind: 'rejected', reason: 'message refused by a rule of the server' },
  message: { kind: 'rejected', reason: 'message refused' }
}

const codes: Record<Kind, readonly number[]> = {
  // 10003: the channel. 10015: the webhook. 50027: its token. 50001 and 50013: permissions in the channel. 220001 to 220004: the
  // channel is a forum, which needs a title for each message.
  channelGone: [10003, 10015, 50027, 50001, 50013, 220001, 220002, 220003, 220004],
  // 10013: there is no such user. 50007: the user allows no messages. 50278: they share no server.
  personGone: [10013, 50007, 50278],
  unauthorized: [0, 40001, 50014, 50025],
  // 20016: slow mode. 20028 and 20029: writing to a channel or server. 40003: opening conversations.
  busy: [20016, 20028, 20029, 40003],
  transient: [130000, 40006, 110001],
  // 40333: the User-Agent, or our IP address.
  misconfigured: [40333],
  policy: [200000, 240000],
  message: [50035, 50006, 50109, 40005, 50045]
}

const kinds = new Map(Object.entries(codes).flatMap(([kind, list]) => list.map((code) => [code, kind as Kind] as const)))

/** Whether a response with this status and code asks to wait, although its status is not 429. */
export function isBusy (code: number): boolean {
  return kinds.get(code) === 'busy'
}

/** The meaning of a code. An unknown one concerns only this request. */
export function failureOf (code: number): Exclude<Failure, { kind: 'rateLimited' | 'missingPermission' }> {
  const { kind, reason } = failures[kinds.get(code) ?? 'message']
  return { kind, reason: code === 0 ? reason : `${reason} (${code})` }
}
