import { mimeEssence, ProviderError, readWebUrl } from '@carillon/http'
import type { PumpioMessage } from './message.ts'

/** What recipients see of a message: the texts and links of a note, or of an image. */
export interface RenderedMessage {
  title?: string
  text?: string
  url?: string
  actions?: Array<{ title: string, url: string }>
  file?: { name: string, type: string }
}

/** Throws ProviderError `rejected` for a message that pump.io cannot show. `host` is for the error. */
export function renderMessage ({ type, title, body, url, file, actions }: PumpioMessage, host: string): RenderedMessage {
  const texts = {
    ...body !== undefined && { text: body },
    ...actions !== undefined && { actions: actions.map((action) => ({ title: action.title, url: checkUrl(action.url, 'an action') })) }
  }
  if (type !== 'file') {
    const link = type === 'note' && url === undefined ? {} : { url: checkUrl(url ?? '', 'a link') }
    return { ...title !== undefined && title !== '' && { title }, ...texts, ...link }
  }
  if (file === undefined) throw rejected('a file message needs a file')
  const image = mimeEssence(file.type)
  if (!imageTypes.includes(image)) throw rejected(`only images (${imageTypes.join(', ')}) can be posted`)
  return { title: title ?? file.name, ...texts, file: { name: file.name, type: image } }

  function checkUrl (text: string, owner: string): string {
    const read = readWebUrl(text)
    if ('fault' in read) throw rejected(`the url of ${owner} ${read.fault}`)
    return read.url
  }

  function rejected (reason: string): ProviderError {
    return new ProviderError({ kind: 'rejected', reason }, host)
  }
}

/** Image types for which pump.io has a file extension, except SVG, which can contain scripts. */
const imageTypes = ['image/gif', 'image/jpeg', 'image/png']
