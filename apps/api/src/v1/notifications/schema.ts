import { Type } from 'typebox'
import { maxActions, maxFileBytes } from '../../notifications/notification-input.ts'
import { audienceField, exactly, providerField, timeField } from '../../input/fields.ts'

/** A file of 8 MiB in base64, 10,000 users with the longest ids, and the other fields. */
export const notificationBodyLimit = 16 * 1024 * 1024

const fileSchema = exactly({
  name: Type.String({ minLength: 1, maxLength: 255, description: 'Without a path' }),
  type: Type.String({ minLength: 1, maxLength: 255, description: 'MIME type, such as `image/png` or `text/plain; charset=utf-8`' }),
  url: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: 'Fetched when the message is sent. Instead of `data`' })),
  data: Type.Optional(Type.String({
    minLength: 1, maxLength: 4 * Math.ceil(maxFileBytes / 3), description: 'Base64, at most 8 MiB when decoded. Instead of `url`'
  }))
}, 'FileInput')

const actionSchema = exactly({
  title: Type.String({ minLength: 1, maxLength: 60 }),
  url: Type.String({ minLength: 1, maxLength: 2_000, description: 'An http or https URL' })
}, 'Action')

const messageSchema = exactly({
  type: Type.Enum(['note', 'link', 'file'], {
    description: 'A `note` needs a title or a body, a `link` a url, a `file` a file'
  }),
  title: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
  body: Type.Optional(Type.String({ minLength: 1, maxLength: 10_000 })),
  url: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: 'For a `link`: an http or https URL' })),
  file: Type.Optional(fileSchema),
  level: Type.Optional(Type.Enum(['info', 'success', 'warning', 'error'])),
  image: Type.Optional(Type.String({
    minLength: 1, maxLength: 2_000, description: 'The https URL of a picture, for providers that show one'
  })),
  actions: Type.Optional(Type.Array(actionSchema, {
    minItems: 1, maxItems: maxActions, description: 'Buttons or links, most important first. A provider that shows fewer leaves out the last ones'
  })),
  urgency: Type.Optional(Type.Enum(['low', 'normal', 'high', 'critical'], {
    description: 'How much the message may disturb. The default is `normal`'
  })),
  collapseKey: Type.Optional(Type.String({
    minLength: 1, maxLength: 64, description: 'A later message with the same key replaces this one, where the provider can do that'
  }))
}, 'MessageInput')

/** A message in a response, without the bytes of a file. */
export const messageResponse = Type.Object({
  ...messageSchema.properties,
  file: Type.Optional(Type.Object({ name: Type.String(), type: Type.String(), url: Type.Optional(Type.String()) }, { title: 'MessageFile' }))
}, { title: 'Message' })

export const notificationBody = exactly({
  audience: audienceField,
  message: messageSchema,
  providers: Type.Optional(Type.Array(providerField, {
    minItems: 1, maxItems: 20, uniqueItems: true, description: 'Send only through these providers. The default is all'
  })),
  sendAt: Type.Optional(Type.String({ ...timeField, description: 'When to send it: RFC 3339, within 60 days' })),
  expiresAt: Type.Optional(Type.String({ ...timeField, description: 'When to stop sending it: RFC 3339, within 80 days' })),
  spreadOver: Type.Optional(Type.Integer({
    minimum: 1,
    maximum: 86_400,
    description: 'Spread the deliveries over this many seconds, to limit the load on your servers'
  })),
  onUnknown: Type.Optional(Type.Enum(['resend', 'hold'], {
    description: 'What to do with a delivery whose worker died, when a second attempt could show it twice: `hold` (the default) ' +
      'leaves it `unknown` until you retry, `resend` sends it again'
  })),
  data: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Your own data, at most 16 KiB of JSON, returned unchanged. Send numbers that JSON parsers round as strings' }))
}, 'NotificationRequest')

export const notificationBatchBody = exactly({
  notifications: Type.Array(notificationBody, { minItems: 1, maxItems: 1_000, description: 'Their audiences together have at most 100,000 users, including the members of teams' })
}, 'NotificationBatchRequest')

const { audience, providers } = notificationBody.properties

export const previewBody = exactly({ audience, providers, message: Type.Optional(messageSchema) }, 'PreviewRequest')
