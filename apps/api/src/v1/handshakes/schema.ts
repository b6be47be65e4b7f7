import { Type } from 'typebox'
import { handshakeKinds } from '../../handshakes/kinds.ts'
import { exactly, providerField, returnToField, teamIdField } from '../../input/fields.ts'

export const handshakeBody = exactly({
  provider: providerField,
  kind: Type.Optional(Type.Enum(handshakeKinds, { description: "The default is the first of the connector's `kinds`" })),
  teamId: Type.Optional(Type.String({
    ...teamIdField, description: 'Your id of the team, for connectors whose `holder` is `team`. The default is the team of the token'
  })),
  account: Type.Optional(Type.String({
    minLength: 1, maxLength: 320, description: 'Such as `nick@host`. Required by connectors with `needsAccount`, and refused by others'
  })),
  returnTo: Type.Optional(Type.String({
    ...returnToField, description: `${returnToField.description}. The default is that of the token`
  }))
}, 'HandshakeRequest')

export const verifierBody = exactly({ verifier: Type.String({ minLength: 1, maxLength: 1_024 }) }, 'VerifierRequest')

/** An object with one of two fields. */
export const addressBody = Type.Object({
  address: Type.Optional(Type.String({
    title: 'An address of the user', minLength: 1, maxLength: 2_000, description: "The text of the connector's `addressField`, as the user entered it"
  })),
  generate: Type.Optional(Type.Literal(true, {
    title: 'A new address',
    description: 'Makes a new address for the user, for connectors whose `addressField` has a `generateLabel`'
  }))
}, { title: 'AddressRequest', additionalProperties: false, minProperties: 1, maxProperties: 1 })

export const subscriptionBody = exactly({
  endpoint: Type.String({ minLength: 1, maxLength: 2_048 }),
  expirationTime: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
  keys: exactly({ p256dh: Type.String({ minLength: 1, maxLength: 128 }), auth: Type.String({ minLength: 1, maxLength: 64 }) }, 'PushKeys'),
  applicationServerKey: Type.Optional(Type.String({
    minLength: 1, maxLength: 128, description: 'The public key that the browser subscribed with. The default is the `publicKey` of `GET /v1/{provider}/key`'
  })),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'By which the user recognizes the browser, such as `Firefox on Linux`' }))
}, 'SubscriptionRequest')

export const pushKeyResponse = Type.Object({
  publicKey: Type.String({ description: 'The `applicationServerKey` for new subscriptions, in base64url' }),
  earlierKeys: Type.Array(Type.String(), { description: 'Keys of older subscriptions, which go on working' })
}, { title: 'PushKey' })

/** An object with one of two fields. */
export const confirmBody = Type.Object({
  accept: Type.Optional(Type.Boolean({
    title: 'For an account',
    description: 'For `accountToConfirm`: whether the account is the user\'s. `false` discards the access and ends the handshake'
  })),
  code: Type.Optional(Type.String({ title: 'For an address', minLength: 1, maxLength: 32, description: 'For `sentTo`: the code that arrived at the address' }))
}, { title: 'ConfirmRequest', additionalProperties: false, minProperties: 1, maxProperties: 1 })
