import { count, duration, number } from './format.ts'
import type { NotificationInput } from '../api/notification.ts'
import type { Preview } from '../api/notifications-api.ts'

/** The number of connections and the estimated time. */
export function describePreview (
  { total, providers, estimatedSeconds }: Preview, { spreadOver, sendAt }: NotificationInput
): string[] {
  const begins = sendAt === undefined ? '' : `, starting at ${sendAt}`
  const takes = spreadOver === undefined
    ? estimatedSeconds === null ? '' : `, in about ${duration(estimatedSeconds)}`
    : `, spread over ${duration(spreadOver)}`
  return [
    `${count(total, 'connection', 'connections')}${takes}${begins}`,
    ...providers.filter(({ reachable, parked }) => reachable + parked > 0).map(({ provider, reachable, parked }) =>
      `  ${provider}: ${number(reachable)}${parked === 0 ? '' : `, and ${number(parked)} whose users must reconnect first`}`)
  ]
}
