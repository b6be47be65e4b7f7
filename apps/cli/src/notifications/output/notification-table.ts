import { printable } from '../../printable.ts'
import { audienceOf, exceptions, moment, number, sentOf, titleOf } from './format.ts'
import type { Notification } from '../api/notification.ts'
import { table } from './table.ts'

/** A table with one line per notification. */
export function notificationTable (notifications: Notification[]): string[] {
  return table([
    ['ID', 'CREATED', 'STATUS', 'SENT', 'OF', 'TO', 'TITLE'],
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

/** All about one notification, except its deliveries. */
export function describeNotification (notification: Notification): string[] {
  const { id, createdAt, createdBy, status, sendAt, expiresAt, spreadOver, deliveries, counts, progress } = notification
  const rest = exceptions(counts)
  const times = Object.entries({ created: createdAt, starts: sendAt, expires: expiresAt })
    .flatMap(([name, at]) => at === null ? [] : [[name, moment(at)]])
  return [
    `${id} ${titleOf(notification)}`,
    ...table([
      ['status', status],
      ['to', audienceOf(notification)],
      ...createdBy === null ? [] : [['by', printable('userId' in createdBy ? createdBy.userId : `${createdBy.name} (${createdBy.keyId})`)]],
      ...times,
      ...spreadOver === null ? [] : [['spread over', `${number(spreadOver)} s`]],
      ['deliveries', deliveries === 0 ? 'none' : `${number(counts.sent)} of ${number(deliveries)} sent${rest === '' ? '' : `, ${rest}`}`],
      ...progress.length < 2 ? [] : progress.map(({ provider, counts }) => [`  ${provider}`, sentOf(counts)])
    ])
  ]
}
