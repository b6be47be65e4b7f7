import type {
  ConnectionEventData, DeliveryEventData, EndpointEventData, Event, HandshakeEventData, NotificationEventData, ProviderEventData
} from '../generated/contract.ts'

interface DataByPrefix {
  connection: ConnectionEventData
  delivery: DeliveryEventData
  endpoint: EndpointEventData
  handshake: HandshakeEventData
  notification: NotificationEventData
  provider: ProviderEventData
  pull: ConnectionEventData
}

type DataOf<Type extends string> = Type extends `${infer Prefix extends keyof DataByPrefix}.${string}` ? DataByPrefix[Prefix] : never

type EventOf<Type extends string, Data> = Omit<Event, 'type' | 'data'> & { type: Type, data: Data }

/** An event as an endpoint receives it. Its `type` decides the type of its `data`. */
export type WebhookEvent =
  | { [Type in Event['type']]: EventOf<Type, DataOf<Type>> }[Event['type']]
  /** You tested the endpoint. */
  | EventOf<'endpoint.test', Pick<EndpointEventData, 'endpointId'>>
