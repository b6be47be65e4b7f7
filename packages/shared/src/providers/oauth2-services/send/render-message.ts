import { ProviderError } from '@carillon/http'
import type { Message } from '../../message.ts'
import { renderText } from '../../render-text.ts'
import type { MessageField, Rendered } from '../../rendered.ts'
import type { SendConfig } from '../config/parse-send.ts'
import type { TemplateValues } from './template.ts'

export interface Renderer {
  render: (message: Message) => Rendered
  /** The values of the message for the templates. */
  toValues: (message: Message) => TemplateValues
}

/**
 * Renders messages for the templates of a service. A field that no template uses by its own name becomes part of `text`, so a
 * service with a single field for text shows everything.
 */
export function createRenderer ({ url, body, maxTextLength }: Pick<SendConfig, 'url' | 'body' | 'maxTextLength'>, host: string): Renderer {
  const names = [...url.names, ...body.names]
  const uses = (name: string): boolean => names.includes(name)
  const usesText = uses('text')
  const inText = (['title', 'body', 'url', 'actions'] as const).filter((field) => usesText ? !uses(field) : field === 'body' && uses('body'))
  const beside = (['title', 'body', 'url', 'image', 'level', 'urgency', 'collapseKey'] satisfies MessageField[]).filter(uses)

  return { render, toValues }

  function render (message: Message): Rendered {
    const { type, title, url, image } = message
    if (type === 'file') throw new ProviderError({ kind: 'rejected', reason: 'the service takes no files' }, host)
    const text = renderText(message, { inText, beside, ...maxTextLength !== undefined && { max: maxTextLength } })
    return { ...uses('title') && { title }, ...uses('url') && { url }, ...uses('image') && { image }, ...text }
  }

  function toValues (message: Message): TemplateValues {
    const { text } = render(message)
    const { type, title, body, url, image, level = 'info', urgency = 'normal', collapseKey } = message
    return { type, title, body: usesText ? body : text, text, url, image, level, urgency, collapseKey }
  }
}
