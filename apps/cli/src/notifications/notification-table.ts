import { audienceOf, exceptions, moment, number, sentOf, titleOf } from './in-words.ts'
import type { Notification } from './notification.ts'
import { table } from './table.ts'

/** One line each, under a heading. */
export function notificationTable (notifications: Notification[]): string[] {
  return table([
    ['ID', 'MADE', 'STATUS', 'SENT', 'OF', 'TO', 'TITLE'],
    ...notifications.map((notification) => {
      const { id, createdAt, status, counts, deliveries } = notification
      const rest = exceptions(counts)
      return [
        id, moment(createdAt), status, number(counts.sent), number(deliveries), audienceOf(notification),
        `${titleOf(notification)}${rest === '' ? '' : `  (${rest})`}`
      ]
    })
  ], [3, 4])
}

/** One of them, with all that is known about it but its deliveries. */
export function describeNotification (notification: Notification): string[] {
  const { id, createdAt, status, sendAt, expiresAt, spreadOver, deliveries, counts, progress } = notification
  const rest = exceptions(counts)
  const times = Object.entries({ made: createdAt, begins: sendAt, expires: expiresAt })
    .flatMap(([name, at]) => at === null ? [] : [[name, moment(at)]])
  return [
    `${id} ${titleOf(notification)}`,
    ...table([
      ['status', status],
      ['to', audienceOf(notification)],
      ...times,
      ...spreadOver === null ? [] : [['spread over', `${number(spreadOver)} s`]],
      ['deliveries', deliveries === 0 ? 'none' : `${number(counts.sent)} of ${number(deliveries)} sent${rest === '' ? '' : `, ${rest}`}`],
      ...progress.length < 2 ? [] : progress.map(({ provider, counts }) => [`  ${provider}`, sentOf(counts)])
    ])
  ]
}
