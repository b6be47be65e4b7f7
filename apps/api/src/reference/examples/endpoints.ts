const endpoint = {
  id: 'end_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8da0',
  url: 'https://shop.example.com/carillon',
  description: 'The shop',
  events: ['*'],
  enabled: true,
  status: 'enabled',
  statusReason: null,
  failingSince: null,
  disabledAt: null,
  createdAt: '2026-11-30T09:00:00.000Z',
  updatedAt: '2026-11-30T09:00:00.000Z'
}

const eventId = 'evt_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8da1'

/** Examples of endpoints, by the name of their schema. */
export const endpointExamples: Record<string, object> = {
  EndpointRequest: { url: endpoint.url, description: endpoint.description, events: endpoint.events },
  EndpointUpdate: { enabled: false },
  Endpoint: endpoint,
  EndpointWithSecret: { ...endpoint, secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' },
  EndpointAttempt: {
    eventId,
    eventType: 'connection.connected',
    outcome: 'failed',
    status: 503,
    error: 'Service Unavailable',
    durationMs: 84,
    at: '2026-11-30T09:00:00.000Z'
  },
  ResendRequest: { endpointId: endpoint.id },
  EventDeliveries: { data: [{ endpointId: endpoint.id, state: 'pending', attempts: 0, nextAttemptAt: '2026-11-30T09:00:00.000Z' }] },
  EndpointTestResult: { ok: true, eventId, status: 204, error: null, durationMs: 31 }
}
