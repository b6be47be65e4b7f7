import { publicId } from '@carillon/shared/db'
import type { ExplainedDelivery } from '@carillon/shared/deliveries'
import type { RecipientConnection } from '@carillon/shared/recipients'
import { connectLink } from './explanation.ts'

/** What a person has to do, so that the user gets this notification or the next one. Null when nothing has to be done. */
export function explainNextStep (
  connection: RecipientConnection, delivery: ExplainedDelivery, { name, userId }: { name: string, userId: string }
): string | null {
  const { state, reason, dueAt, history, notificationId } = delivery
  const command = (action: string): string => `\`carillon notifications ${action} ${publicId('notification', notificationId)}\``
  switch (state) {
    case 'queued':
    case 'retrying':
      if (dueAt === null) return `Resume the notification with ${command('resume')}.`
      return connection.block?.kind === 'misconfigured' ? `Correct the configuration of ${name}, then restart the API and the worker.` : null
    case 'parked':
      return connection.status === 'needsReauth' ? `Ask ${userId} to reconnect ${name}. ${connectLink}` : null
    case 'failed':
      if (connection.status !== 'active') return `Ask ${userId} to connect ${name} again. ${connectLink}`
      return history.at(-1)?.outcome === 'gaveUp' || reason === 'workerLost'
        ? `Retry the notification with ${command('retry')}.`
        : 'Correct the cause, and send a new notification.'
    case 'unknown':
      return `Retry the notification with ${command('retry')}, unless a duplicate message would be a problem.`
    case 'skipped':
      return explainSkipped(connection, userId, name)
    case 'expired':
    case 'canceled':
      return 'Send a new notification, if the message still matters.'
    case 'sending':
    case 'sent':
      return null
  }
}

function explainSkipped ({ id, muted, status }: RecipientConnection, userId: string, name: string): string | null {
  if (status !== 'active') return `Ask ${userId} to connect ${name} again. ${connectLink}`
  return muted === null
    ? 'Send a new notification.'
    : `Ask ${userId} to turn the connection on again. \`PATCH /v1/connections/${publicId('connection', id)}\` with \`{"muted": false}\` does it.`
}
