import { exampleProvider } from '@carillon/shared/providers'
import { deliveryStates } from '@carillon/shared/db'

const noDeliveries = Object.fromEntries(deliveryStates.map((state) => [state, 0]))
const message = { type: 'link', title: 'Your parcel is on its way', body: 'It arrives on Friday.', url: 'https://shop.example.com/orders/1042' }
const request = { audience: { userIds: ['alice'] }, message, data: { order: '1042' } }
const counts = { ...noDeliveries, sent: 1 }

const notification = {
  id: 'ntf_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d94',
  origin: 'api',
  createdBy: { keyId: 'key_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d95', name: 'shop' },
  status: 'completed',
  audience: request.audience,
  audienceCount: 1,
  message,
  providers: null,
  data: request.data,
  deliveries: 1,
  counts,
  progress: [{ provider: exampleProvider, counts, perSecond: 0, secondsLeft: 0 }],
  unreachable: [],
  unreachableCount: 0,
  sendAt: null,
  expiresAt: null,
  spreadOver: null,
  onUnknown: 'hold',
  createdAt: '2026-11-30T09:05:00.000Z'
}

const delivery = {
  notificationId: notification.id,
  connectionId: 'con_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d90',
  userId: 'alice',
  provider: exampleProvider,
  state: 'sent',
  attempts: 1,
  reason: null,
  dueAt: null,
  receipt: { id: 'ujpah72o0sjAoRtnM0jc' },
  createdAt: '2026-11-30T09:05:00.000Z',
  updatedAt: '2026-11-30T09:05:01.000Z'
}

const connection = { connectionId: delivery.connectionId, provider: exampleProvider, account: { id: 'ujpah72o0', name: 'alice@example.com' } }
const parkedExplanation = {
  explanation: 'Parked since 2026-11-30T10:02:00.000Z. Reason: access token is not accepted. It is sent when the user reconnects Example.',
  nextStep: 'Ask alice to reconnect Example. `POST /v1/user-tokens` returns the page for it as `connectUrl`.'
}

const provider = {
  provider: exampleProvider,
  name: 'Example',
  canSend: true,
  breakers: [{
    host: null, state: 'closed', reason: null, misconfigured: false, openedAt: null, retryAt: null, silentUntil: null
  }],
  limits: { perSecond: null, silentUntil: null },
  concurrency: [{
    host: null,
    limit: 128,
    inFlight: 96,
    waiting: 410,
    workers: 1,
    lastFall: { at: '2026-11-30T09:58:12.404Z', reason: 'latency', from: 512, to: 128 }
  }],
  waiting: { due: 0, later: 0, broadcast: 0, oldestDueAt: null }
}

const statusExample = {
  ok: false,
  attention: [{
    severity: 'error',
    subject: 'workers',
    explanation: 'No worker is running, so nothing is sent. The last one, web1 (process 4711), was last seen at 2026-11-30T10:01:40.000Z.',
    nextStep: 'Start a worker, or check the log of the one that should run.'
  }],
  version: '0.1.0',
  at: '2026-11-30T10:02:30.000Z',
  workers: [{
    host: 'web1',
    pid: 4711,
    version: '0.1.0',
    alive: false,
    startedAt: '2026-11-29T08:00:00.000Z',
    seenAt: '2026-11-30T10:01:40.000Z',
    runningJobs: 1,
    providers: [exampleProvider],
    clockAheadMs: 3
  }],
  providers: [provider],
  broadcasts: { unplanned: 0, oldestAt: null },
  database: { version: '18.0', clockAheadMs: 2, connections: 24, maxConnections: 100, migrations: { applied: 18, missing: [], newer: false, usable: true } },
  queue: { kind: 'redis', responds: true, product: 'Redis', version: '7.0.15', evictionPolicy: 'noeviction', clockAheadMs: 1 }
}

/** Examples of notifications, deliveries and providers, by the name of their schema. */
export const notificationExamples: Record<string, object> = {
  NotificationRequest: request,
  NotificationBatchRequest: { notifications: [request] },
  PreviewRequest: { audience: { everyone: true }, message },
  Notification: notification,
  NotificationBatch: { data: [notification] },
  UnreachableRecipient: { userId: 'bob', reason: 'notConnected' },
  NotificationPreview: {
    total: 1,
    providers: [{
      provider: exampleProvider,
      reachable: 1,
      parked: 0,
      muted: 0,
      shows: { title: message.title, text: message.body, url: message.url, shortened: [], omitted: [] }
    }],
    unreachable: 0,
    estimatedSeconds: 1
  },
  Delivery: delivery,
  DeliveryDetails: {
    ...delivery,
    explanation: 'Sent.',
    history: [
      { at: '2026-11-30T09:05:00.000Z', event: 'queued' },
      { at: '2026-11-30T09:05:01.000Z', event: 'attempt', outcome: 'sent', status: 200, durationMs: 180 }
    ]
  },
  RecipientExplanation: {
    notificationId: notification.id,
    userId: 'alice',
    title: message.title,
    createdAt: notification.createdAt,
    received: 'notYet',
    explanation: 'The notification has not been sent to alice yet.',
    nextStep: null,
    connections: [{ ...connection, state: 'parked', dueAt: null, receipt: null, ...parkedExplanation }]
  },
  UserExplanation: {
    userId: 'alice',
    isKnown: true,
    explanation: 'alice has one connection, and none that can receive notifications now.',
    nextStep: null,
    connections: [{
      ...connection,
      status: 'needsReauth',
      muted: false,
      parked: 1,
      explanation: 'Has not worked since 2026-11-30T10:02:00.000Z. The reason is: access token is not accepted. One delivery waits for the user to reconnect.',
      nextStep: parkedExplanation.nextStep
    }],
    notifications: [{
      notificationId: notification.id,
      title: message.title,
      createdAt: notification.createdAt,
      received: 'notYet',
      explanation: parkedExplanation.explanation
    }],
    onlyDeliveredBefore: null
  },
  ProviderStatusList: { data: [provider] },
  Status: statusExample
}
