import { count, duration, number } from './in-words.ts'
import type { Wish } from './notification.ts'
import type { Preview } from './notifications-api.ts'

/** Whom it would reach, and how long that would take. */
export function describePreview ({ total, providers, estimatedSeconds }: Preview, { spreadOver, sendAt }: Wish): string[] {
  const begins = sendAt === undefined ? '' : `, beginning at ${sendAt}`
  const takes = spreadOver === undefined
    ? estimatedSeconds === null ? '' : `, in about ${duration(estimatedSeconds)}`
    : `, spread over ${duration(spreadOver)}`
  return [
    `${count(total, 'connection', 'connections')}${takes}${begins}`,
    ...providers.filter(({ reachable, parked }) => reachable + parked > 0).map(({ provider, reachable, parked }) =>
      `  ${provider}: ${number(reachable)}${parked === 0 ? '' : `, and ${number(parked)} whose users have to connect again first`}`)
  ]
}
