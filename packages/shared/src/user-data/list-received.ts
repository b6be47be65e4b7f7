import type { Database } from '../db/index.ts'
import { listUserDeliveries } from '../deliveries/index.ts'
import type { Delivery, DeliveryEvent } from '../deliveries/index.ts'
import type { Message } from '../providers/index.ts'

/** A delivery with all of its events and what was sent. */
export interface ReceivedDelivery extends Delivery {
  history: DeliveryEvent[]
  /** Without the bytes of a file, which every delivery of a notification would repeat. */
  message: Message
}

/** A page of the deliveries to the user with the site's id `userId`, newest first. */
export async function listReceived (
  database: Database, userId: string,
  { limit, after }: { limit: number, after?: Pick<Delivery, 'notificationId' | 'connectionId'> | undefined }
): Promise<ReceivedDelivery[]> {
  const page = await listUserDeliveries(database, userId, { limit, after })
  const contents = await database.sql<Array<Pick<ReceivedDelivery, 'notificationId' | 'connectionId' | 'history' | 'message'>>>`
    select notification_id as "notificationId", connection_id as "connectionId", history, message #- '{file,data}' as message
    from unnest(${page.map(({ notificationId }) => notificationId)}::uuid[], ${page.map(({ connectionId }) => connectionId)}::uuid[])
      as page (notification_id, connection_id)
    join deliveries using (notification_id, connection_id) join notifications on id = notification_id`
  const byKey = new Map(contents.map((one) => [`${one.notificationId} ${one.connectionId}`, one]))
  return page.flatMap((delivery) => {
    const content = byKey.get(`${delivery.notificationId} ${delivery.connectionId}`)
    return content === undefined ? [] : [{ ...delivery, history: content.history, message: content.message }]
  })
}
