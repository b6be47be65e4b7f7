import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Preview } from '@carillon/shared/notifications'
import type { Rendered } from '@carillon/shared/providers'
import type { MessagePreview } from '../../notifications/preview-message.ts'

const fieldNames = Type.Array(Type.Enum(['title', 'body', 'url', 'image', 'file', 'actions', 'level', 'urgency', 'collapseKey']))

const renderedResponse = Type.Object({
  title: Type.Optional(Type.String()),
  text: Type.Optional(Type.String({ description: 'The text, with the links that the provider can only show in it' })),
  url: Type.Optional(Type.String({ description: 'What a click opens' })),
  image: Type.Optional(Type.String()),
  file: Type.Optional(Type.Object({ name: Type.String(), type: Type.String() }, { title: 'RenderedFile' })),
  actions: Type.Optional(Type.Array(Type.Object({ title: Type.String(), url: Type.String() }, { title: 'RenderedAction' }))),
  style: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]), {
    description: "The color, priority or tags, by the provider's own names"
  })),
  shortened: { ...fieldNames, description: 'Fields of which recipients see only the first part' },
  omitted: { ...fieldNames, description: 'Fields of which recipients see nothing' }
}, { title: 'RenderedMessage', description: 'What recipients see, if the request has a message' })

const providerPreview = Type.Object({
  provider: Type.String(),
  reachable: Type.Integer({ description: 'Connections that would get it' }),
  parked: Type.Integer({ description: 'Connections whose users have to reconnect first' }),
  muted: Type.Integer({ description: 'Connections that get nothing: their users muted them, or unsubscribed' }),
  shows: Type.Optional(renderedResponse),
  refuses: Type.Optional(Type.String({ description: 'Why the provider would refuse the message. Its deliveries would fail' }))
}, { title: 'ProviderPreview' })

export const previewResponse = Type.Object({
  total: Type.Integer({ description: 'The number of deliveries: reachable and parked' }),
  providers: Type.Array(providerPreview),
  unreachable: Type.Integer({ description: 'Users without a connection for it, unknown users, and unknown teams' }),
  estimatedSeconds: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Estimated from the configured limits, or from the speed of the latest broadcasts. Null when neither is known'
  })
}, { title: 'NotificationPreview' })

/** The counts at one provider, and what its recipients would see. */
export function toProviderPreviewResponse (
  counted: Preview['providers'][number], preview: MessagePreview | undefined
): Static<typeof providerPreview> {
  if (preview === undefined) return counted
  if ('refuses' in preview) return { ...counted, refuses: preview.refuses }
  const { title, text, url, image, file, actions, style, shortened, omitted } = preview.shows
  return {
    ...counted,
    shows: {
      ...title !== undefined && { title },
      ...text !== undefined && { text },
      ...url !== undefined && { url },
      ...image !== undefined && { image },
      ...file !== undefined && { file },
      ...actions !== undefined && { actions: [...actions] },
      ...style !== undefined && { style: toMutable(style) },
      shortened: [...shortened],
      omitted: [...omitted]
    }
  }
}

function toMutable (style: NonNullable<Rendered['style']>): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(style).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]))
}
