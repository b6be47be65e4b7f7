import { normalizeMimeType, readWebUrl } from '@carillon/http'
import type { ApiKey } from '@carillon/shared/api-keys'
import { newId } from '@carillon/shared/db'
import { currentRequestId } from '@carillon/shared/log'
import type { Draft } from '@carillon/shared/notifications'
import type { Message } from '@carillon/shared/providers'
import type { FileInput, MessageInput, NotificationInput } from './notification-input.ts'

/** The draft of valid input, with a new id unless the caller has one. */
export function toDraft (body: NotificationInput, key: ApiKey | undefined, id: string = newId()): Draft {
  const { audience, message, providers, data, spreadOver: spreadSeconds, onUnknown } = body
  const fields = { audience, message: normalizeMessage(message), providers, data, spreadSeconds, onUnknown }
  return { id, origin: 'api', ...fields, createdBy: key?.id, keyVersion: key?.version, requestId: currentRequestId(), ...timesOf(body) }
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
