import { Type } from 'typebox'
import { importItem } from '../../connections/import-item.ts'
import { exactly } from '../../input/fields.ts'

const size = { minItems: 1, maxItems: 1_000 }
/** The body as the contract shows it. `importEnvelope` validates it, and each item is validated by itself. */
export const importBody = exactly({
  connections: Type.Array(Type.Unsafe<unknown>(importItem), {
    ...size, description: 'An invalid item does not affect the others. Without `account`, Carillon asks the provider for the account'
  })
}, 'ImportRequest')
export const importEnvelope = exactly({ connections: Type.Array(Type.Unknown(), size) })

/** The members of a connection that its user may change. */
export const connectionUpdateBody = exactly({
  label: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 100 }), Type.Null()], {
    description: 'A name for the connection. Null removes it'
  })),
  muted: Type.Optional(Type.Boolean({ description: '`true`: the connection receives no notifications. `false` also undoes an unsubscription' }))
}, 'ConnectionUpdate')
