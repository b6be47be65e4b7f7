import { fitText } from '../text/index.ts'
import type { Space } from '../text/index.ts'
import type { Message } from './message.ts'
import { omittedFields } from './rendered.ts'
import type { MessageField, Rendered } from './rendered.ts'

interface TextOptions extends Pick<Space, 'max' | 'measure'> {
  /** The fields that the text consists of. The links follow the other fields, one per line. */
  inText: ReadonlyArray<'title' | 'body' | 'url' | 'actions'>
  /** The fields that the provider shows beside the text. */
  beside?: readonly MessageField[]
}

/**
 * Renders several fields as one text of limited size, for a provider that has no fields for them. A text that is cut ends in "…"
 * and the links.
 */
export function renderText (
  message: Message, { inText, beside = [], ...space }: TextOptions
): Pick<Rendered, 'text' | 'shortened' | 'omitted'> {
  const { title, body, url, actions } = message
  const has = (field: TextOptions['inText'][number]): boolean => inText.includes(field) && message[field] !== undefined
  const texts = [has('title') ? title : '', has('body') ? body : ''].filter((line) => line !== '')
  const links = [...has('url') ? [url ?? ''] : [], ...has('actions') ? toLines(actions) : []]
  const fitted = fitText(texts.join('\n'), { ...space, links })

  const visibleActions = Math.max(0, fitted.links - (has('url') ? 1 : 0))
  const missing = {
    url: has('url') && fitted.links === 0,
    actions: has('actions') && visibleActions === 0,
    someActions: has('actions') && visibleActions > 0 && visibleActions < (actions ?? []).length
  }
  const hidden: MessageField[] = [...missing.url ? ['url' as const] : [], ...missing.actions ? ['actions' as const] : []]
  return {
    ...fitted.text !== '' && { text: fitted.text },
    shortened: [
      ...fitted.isCut ? [has('body') ? 'body' as const : 'title' as const] : [],
      ...missing.someActions ? ['actions' as const] : []
    ],
    omitted: omittedFields(message, [...inText, ...beside].filter((field) => !hidden.includes(field)))
  }
}

function toLines (actions: Message['actions'] = []): string[] {
  return actions.map(({ title, url }) => `${title}: ${url}`)
}
