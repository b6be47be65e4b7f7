import { count, duration, number } from './format.ts'
import type { NotificationInput } from '../api/notification.ts'
import type { Preview, ProviderPreview } from '../api/notifications-api.ts'
import { printable } from '../../printable.ts'

/** The number of connections and the estimated time, and the providers that show only a part of the message or refuse it. */
export function describePreview (
  { total, providers, estimatedSeconds }: Preview, { spreadOver, sendAt }: NotificationInput
): string[] {
  const begins = sendAt === undefined ? '' : `, starting at ${sendAt}`
  const takes = spreadOver === undefined
    ? estimatedSeconds === null ? '' : `, in about ${duration(estimatedSeconds)}`
    : `, spread over ${duration(spreadOver)}`
  return [
    `${count(total, 'connection', 'connections')}${takes}${begins}`,
    ...providers.filter(({ reachable, parked, muted }) => reachable + parked + muted > 0).map((one) => `  ${one.provider}: ${reach(one)}${fault(one)}`)
  ]
}

function reach ({ reachable, parked, muted }: ProviderPreview): string {
  return [
    number(reachable), ...parked === 0 ? [] : [`${number(parked)} whose users must reconnect first`], ...muted === 0 ? [] : [`${number(muted)} muted`]
  ].join(', ')
}

function fault ({ shows, refuses }: ProviderPreview): string {
  if (refuses !== undefined) return `; refuses the message: ${printable(refuses)}`
  return shows === undefined || shows.shortened.length === 0 ? '' : `; shortens ${shows.shortened.join(' and ')}`
}

/** What recipients at each provider would see. */
export function describeMessage ({ providers }: Preview): string[] {
  return providers.flatMap((one) => [`${one.provider}: ${reach(one)}`, ...describeRendered(one).map((line) => `  ${line}`)])
}

function describeRendered ({ shows, refuses }: ProviderPreview): string[] {
  if (refuses !== undefined) return [`refuses the message: ${printable(refuses)}`]
  if (shows === undefined) return []
  const { title, text, url, image, file, actions = [], style = {}, shortened, omitted } = shows
  return [
    ...field('title', title),
    ...field('text', text),
    ...field('opens', url),
    ...field('image', image),
    ...field('file', file?.name),
    ...actions.flatMap((action) => field('button', `${action.title}: ${action.url}`)),
    ...Object.entries(style).flatMap(([name, value]) => field(name, [value].flat().join(' '))),
    ...field('shortens', shortened.join(', ')),
    ...field('omits', omitted.join(', '))
  ]
}

/** Each line of a value on its own line, under the first one. */
function field (name: string, value: string | undefined): string[] {
  if (value === undefined || value === '') return []
  return value.split(/\r\n?|\n/).map((line, index) => `${(index === 0 ? name : '').padEnd(9)}${printable(line)}`)
}
