import { encodeQuery, fileTimeoutMs, isObject, ProviderError, splitBody, toResult, withFile } from '@carillon/http'
import type { FileSource, HttpRequest, HttpResponse } from '@carillon/http'
import type { PumpioMessage } from './message.ts'
import type { PumpioContext } from './context.ts'
import type { Addressees } from './activity.ts'
import { postActivity, toHtml, toNote, updateForAuthor } from './activity.ts'
import { hasError, classify } from './classify.ts'
import { renderMessage } from './render-message.ts'

/** An account, with signed requests to paths of its host. */
export interface PumpioSession {
  host: string
  origin: string
  name: string
  /** The account's id as a person. */
  personId: string
  request: (request: Omit<HttpRequest, 'url'> & { path: string }) => Promise<HttpResponse>
}

/** Sends the message once, even if called repeatedly with the same `id`, a URI of our choice. Throws ProviderError. */
export async function sendPumpio (
  message: PumpioMessage, id: string, audience: Addressees, session: PumpioSession, context: PumpioContext
): Promise<void> {
  const { host, origin, name, personId } = session
  const feed = `/api/user/${name}/feed`
  const followers = `${origin}/api/user/${name}/followers`

  const rendered = renderMessage(message, host)
  if (rendered.file === undefined || message.file === undefined) await sendNote()
  else await sendImage(message.file, rendered.file.type)

  async function sendNote (): Promise<void> {
    const response = await postJson(feed, postActivity(toNote(rendered, id), audience, followers))
    // The host refuses an existing note with "Already posted" and status 500, like any other error.
    if (response.status === 500 && await isPosted()) return
    read(response, ['id'])
  }

  async function isPosted (): Promise<boolean> {
    const response = await get(`/api/note?${encodeQuery({ id })}`)
    // The status is 410 when the note was deleted after it was posted.
    const isRefused = hasError(response)
    if (response.status === 410 && isRefused) return true
    return !(response.status === 404 && isRefused) && read(response, ['id']).id === id
  }

  /** The host chooses the id of an upload, so the activity that posts it has ours. */
  async function sendImage (file: FileSource, type: string): Promise<void> {
    const { items } = read(await get(`${feed}/major?count=${recentActivities}`), [])
    if (!Array.isArray(items)) throw new ProviderError({ kind: 'malformed', reason: 'response lacks items' }, host)
    if (items.some((activity) => isObject(activity) && activity['id'] === id)) return

    const upload = { method: 'POST', path: `/api/user/${name}/uploads`, timeoutMs: fileTimeoutMs } as const
    const response = await withFile(file, maxImageBytes, context, async (bytes) => {
      const headers = { 'content-type': type, 'content-length': String(bytes.length) }
      return await session.request({ ...upload, headers, body: splitBody([bytes]) })
    })
    const image = read(response, ['id', 'objectType'])
    const content = toHtml(rendered)
    const titled = { ...image, displayName: rendered.title, ...content !== '' && { content } }
    // Posting displays an object as it is stored at the host, so its texts are set first.
    read(await postJson(feed, updateForAuthor(titled, personId)), ['id'])
    read(await postJson(feed, { id, ...postActivity(titled, audience, followers) }), ['id'])
  }

  function get (path: string): Promise<HttpResponse> {
    return session.request({ method: 'GET', path })
  }

  function postJson (path: string, content: object): Promise<HttpResponse> {
    return session.request({ method: 'POST', path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) })
  }

  function read<Name extends string> (response: HttpResponse, members: readonly Name[]) {
    return toResult(response, (response, now) => classify(response, now, members), host, context.now())
  }
}

const maxImageBytes = 10 * 1024 * 1024

/** How many activities are searched for an image that an earlier attempt has posted. */
const recentActivities = 50
