import { parseId } from '@carillon/shared/db'
import { findNotification } from '@carillon/shared/notifications'
import type { Notification } from '@carillon/shared/notifications'
import { notFound } from '../problems/problem.ts'
import type { Services } from '../services.ts'

/** The notification with this public id. Throws `notFound`. */
export async function requireNotification ({ database }: Pick<Services, 'database'>, publicId: string): Promise<Notification> {
  const id = parseId('notification', publicId)
  const notification = id === undefined ? undefined : await findNotification(database, id)
  if (notification === undefined) throw notFound('notification')
  return notification
}
