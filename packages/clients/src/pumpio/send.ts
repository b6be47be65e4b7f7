import {
  encodeQuery, fileTimeoutMs, isObject, mimeEssence, ProviderError, readWebUrl, splitBody, toResult, withFile
} from '@carillon/http'
import type { HttpRequest, HttpResponse } from '@carillon/http'
import type { PumpioMessage } from './message.ts'
import type { PumpioContext } from './context.ts'
import type { Addressees } from './activity.ts'
import { postActivity, renderContent, renderNote, updateForAuthor } from './activity.ts'
import { hasError, classify } from './classify.ts'

/** One account, reached by signed requests to paths of its own host. */
export interface PumpioSession {
  host: string
  origin: string
  name: string
  /** Of the account, as a person. */
  personId: string
  request: (request: Omit<HttpRequest, 'url'> & { path: string }) => Promise<HttpResponse>
}

/** Sends once, however often it is called with the same `id`, a URI of our choice. Throws ProviderError. */
export async function sendPumpio (
  message: PumpioMessage, id: string, audience: Addressees, session: PumpioSession, call: PumpioContext
): Promise<void> {
  const { host, origin, name, personId } = session
  const feed = `/api/user/${name}/feed`
  const followers = `${origin}/api/user/${name}/followers`

  if (message.type === 'file') await sendImage()
  else await sendNote()

  async function sendNote (): Promise<void> {
    const link = readWebUrl(message.url ?? '')
    if (message.type === 'link' && 'fault' in link) throw rejected(`the url of a link ${link.fault}`)
    const note = 'url' in link ? { ...message, url: link.url } : message
    const answer = await postJson(feed, postActivity(renderNote(note, id), audience, followers))
    // A note that is there already is refused with "Already posted", which looks like any other fault of the host.
    if (answer.status === 500 && await isThere()) return
    read(answer, ['id'])
  }

  async function isThere (): Promise<boolean> {
    const answer = await get(`/api/note?${encodeQuery({ id })}`)
    // Gone is the note that somebody has deleted since.
    const isRefused = hasError(answer)
    if (answer.status === 410 && isRefused) return true
    return !(answer.status === 404 && isRefused) && read(answer, ['id']).id === id
  }

  /** An upload's id is the host's to choose, so it is the activity around it that bears ours. */
  async function sendImage (): Promise<void> {
    const { file, title, body } = message
    if (file === undefined) throw rejected('a file message needs a file')
    const type = mimeEssence(file.type)
    if (!imageTypes.includes(type)) throw rejected(`only images (${imageTypes.join(', ')}) can be posted`)
    const { items } = read(await get(`${feed}/major?count=${recentActivities}`), [])
    if (!Array.isArray(items)) throw new ProviderError({ kind: 'malformed', reason: 'answer lacks items' }, host)
    if (items.some((activity) => isObject(activity) && activity['id'] === id)) return

    const upload = { method: 'POST', path: `/api/user/${name}/uploads`, timeoutMs: fileTimeoutMs } as const
    const answer = await withFile(file, maxImageBytes, call, async (bytes) => {
      const headers = { 'content-type': type, 'content-length': String(bytes.length) }
      return await session.request({ ...upload, headers, body: splitBody([bytes]) })
    })
    const image = read(answer, ['id', 'objectType'])
    const titled = { ...image, displayName: title ?? file.name, ...body !== undefined && { content: renderContent({ body }) } }
    // Posting shows an object as it is at the host, whatever else we say of it. So it gets its words first.
    read(await postJson(feed, updateForAuthor(titled, personId)), ['id'])
    read(await postJson(feed, { id, ...postActivity(titled, audience, followers) }), ['id'])
  }

  function get (path: string): Promise<HttpResponse> {
    return session.request({ method: 'GET', path })
  }

  function postJson (path: string, content: object): Promise<HttpResponse> {
    return session.request({ method: 'POST', path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) })
  }

  function read<Name extends string> (answer: HttpResponse, members: readonly Name[]) {
    return toResult(answer, (answer, now) => classify(answer, now, members), host, call.now())
  }

  function rejected (reason: string): ProviderError {
    return new ProviderError({ kind: 'rejected', reason }, host)
  }
}

/** Those pump.io knows an ending for, but not SVG: it can carry scripts. */
const imageTypes = ['image/gif', 'image/jpeg', 'image/png']
const maxImageBytes = 10 * 1024 * 1024

/** As far back as we look for an image that an earlier try has posted. */
const recentActivities = 50
