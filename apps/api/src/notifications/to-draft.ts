import { normalizeMimeType, readWebUrl } from '@carillon/http'
import type { ApiKey } from '@carillon/shared/api-keys'
import { toAuditRow } from '@carillon/shared/audit'
import type { AuditRow } from '@carillon/shared/audit'
import { newId } from '@carillon/shared/db'
import { currentRequestId } from '@carillon/shared/log'
import { isBroadcast } from '@carillon/shared/notifications'
import type { Draft } from '@carillon/shared/notifications'
import type { Message } from '@carillon/shared/providers'
import type { FileInput, MessageInput, NotificationInput } from './notification-input.ts'

/** The draft of valid input, with a new id unless the caller has one. */
export function toDraft (body: NotificationInput, key: ApiKey | undefined, id: string = newId()): Draft {
  const { audience, message, providers, data, spreadOver: spreadSeconds, onUnknown } = body
  const fields = { audience, message: normalizeMessage(message), providers, data, spreadSeconds, onUnknown }
  const creator = { createdBy: key?.id, keyVersion: key?.version, requestId: currentRequestId() }
  const audit = isBroadcast(audience) && key !== undefined ? describeBroadcast(id, key.id, body) : undefined
  return { id, origin: 'api', ...fields, ...creator, ...timesOf(body), audit }
}

/** A notification for named users has no entry in the audit trail: it says itself which key created it. */
function describeBroadcast (id: string, keyId: string, { providers, sendAt }: NotificationInput): AuditRow {
  const details = { everyone: true, ...providers !== undefined && { providers }, ...sendAt !== undefined && { sendAt } }
  return toAuditRow({ actor: { kind: 'apiKey', id: keyId }, action: 'broadcast.sent', target: { kind: 'notification', id }, details })
}

/** The times of the input, which may be no moments. */
export function timesOf ({ sendAt, expiresAt }: Pick<NotificationInput, 'sendAt' | 'expiresAt'>) {
  return { sendAt: readTime(sendAt), expiresAt: readTime(expiresAt) }
}

function readTime (text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text)
}

/** A valid message as it is stored and sent, with the URLs and the MIME type that were validated. */
export function normalizeMessage (message: MessageInput): Message {
  const { url, file, image, actions } = message
  const normalized = {
    ...message,
    ...url === undefined ? {} : { url: normalizeUrl(url) },
    ...file === undefined ? {} : { file: normalizeFile(file) },
    ...image === undefined ? {} : { image: normalizeUrl(image) },
    ...actions === undefined ? {} : { actions: actions.map((action) => ({ ...action, url: normalizeUrl(action.url) })) }
  }
  // messageErrors has checked that the fields belong together.
  return normalized as Message
}

function normalizeFile (file: FileInput): FileInput {
  const type = normalizeMimeType(file.type) ?? file.type
  return { ...file, type, ...file.url === undefined ? {} : { url: normalizeUrl(file.url) } }
}

function normalizeUrl (text: string): string {
  const read = readWebUrl(text)
  if ('fault' in read) throw new Error('An invalid URL was not refused')
  return read.url
}
