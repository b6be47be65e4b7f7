import { exampleProvider } from '@carillon/shared/providers'

const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'

const publicKey = `B${'Kx9'.repeat(28)}QQ`

const connection = {
  id: 'con_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d90',
  userId: 'alice',
  teamId: null,
  connectedBy: null,
  provider: exampleProvider,
  status: 'active',
  statusReason: null,
  account: { id: 'ujpah72o0', name: 'Alice Example' },
  label: 'Work phone',
  muted: false,
  mutedReason: null,
  expiresAt: null,
  missingPermissions: [],
  limitedUntil: null,
  createdAt: '2026-11-30T09:00:00.000Z',
  updatedAt: '2026-11-30T09:00:00.000Z'
}

const pull = {
  state: 'waiting',
  dueAt: '2026-12-01T03:00:00.000Z',
  startedAt: '2026-11-30T03:00:00.000Z',
  endedAt: '2026-11-30T03:00:20.000Z',
  succeededAt: '2026-11-30T03:00:20.000Z',
  reason: null,
  failedAt: null,
  failure: null
}

const team = { id: 'tea_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d91', teamId: 'crew', name: 'The crew', ownerId: 'olive', memberIds: ['alice', 'olive'] }

const connections = { active: 1, needsReauth: 0, revoked: 0 }

const handshake = {
  id: 'hsk_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d92',
  status: 'pending',
  kind: 'redirect',
  provider: exampleProvider,
  userId: 'alice',
  teamId: null,
  account: null,
  startUrl: `https://notify.example.com/connect/${exampleProvider}/start?handshake=hsk_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d92`,
  returnTo: 'https://shop.example.com/settings',
  connectionId: null,
  error: null,
  expiresAt: '2026-11-30T09:10:00.000Z'
}

/** Examples of users, teams, handshakes and connections, by the name of their schema. */
export const accountExamples: Record<string, object> = {
  UserTokenRequest: { userId: 'alice', displayName: 'Alice', returnTo: 'https://shop.example.com/settings', expiresIn: 3600 },
  UserToken: { token, expiresAt: '2026-11-30T10:00:00.000Z', connectUrl: `https://notify.example.com/connect#token=${token}` },
  TokenRevocation: { userId: 'alice', failedHandshakes: 1 },
  User: {
    id: 'usr_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d96', userId: 'alice', displayName: 'Alice', connections, createdAt: '2026-11-30T09:00:00.000Z'
  },
  UserExport: {
    exportedAt: '2026-11-30T09:30:00.000Z',
    user: {
      id: 'usr_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d96', userId: 'alice', displayName: 'Alice', connections, createdAt: '2026-11-30T09:00:00.000Z'
    },
    teams: [{ teamId: 'crew', name: 'The crew', isOwner: false }],
    connections: [{
      ...connection, revocation: null, events: [{ event: 'connection.connected', reason: null, at: '2026-11-30T09:00:00.000Z' }]
    }],
    handshakes: [{
      id: handshake.id,
      provider: exampleProvider,
      kind: 'redirect',
      status: 'completed',
      account: null,
      teamId: null,
      returnTo: handshake.returnTo,
      connectionId: connection.id,
      error: null,
      createdAt: '2026-11-30T08:59:00.000Z',
      expiresAt: '2026-11-30T09:09:00.000Z'
    }],
    deliveries: [{
      notificationId: 'ntf_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d93',
      connectionId: connection.id,
      userId: 'alice',
      provider: exampleProvider,
      state: 'sent',
      attempts: 1,
      reason: null,
      dueAt: null,
      receipt: { id: 'ujpah72o0sjAoRtnM0jc' },
      createdAt: '2026-11-30T09:10:00.000Z',
      updatedAt: '2026-11-30T09:10:01.000Z',
      explanation: 'Sent at 2026-11-30T09:10:01.000Z. Example accepted the first attempt.',
      history: [{ at: '2026-11-30T09:10:01.000Z', event: 'attempt', outcome: 'sent', durationMs: 84 }],
      message: { type: 'note', title: 'Hello', body: 'Your parcel is on its way.' }
    }],
    events: [],
    insights: [],
    audit: [{
      id: 'aud_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d97',
      action: 'user.exported',
      actor: { kind: 'apiKey' },
      target: { kind: 'user', id: 'usr_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d96' },
      ipAddress: null,
      details: {},
      createdAt: '2026-11-30T09:30:00.000Z'
    }]
  },
  UserDeletion: {
    userId: 'alice',
    status: 'completed',
    requestedAt: '2026-11-30T09:00:00.000Z',
    completedAt: '2026-11-30T09:00:12.000Z',
    connections: [{ connectionId: connection.id, provider: exampleProvider, teamId: null, revocation: 'revoked', reason: null }],
    teams: { left: ['crew'], ownerless: [] },
    erased: { connections: 1, handshakes: 0, deliveries: 12, notifications: 12, events: 2 },
    kept: [{
      data: 'The content of notifications to several users',
      reason: 'It belongs to the other users too. It is deleted after RETENTION_DAYS'
    }]
  },
  TeamRequest: { name: team.name, ownerId: team.ownerId, memberIds: team.memberIds },
  Team: team,
  TeamSummary: {
    id: team.id, teamId: team.teamId, name: team.name, ownerId: team.ownerId, memberCount: 2, connections, createdAt: '2026-11-30T09:00:00.000Z'
  },
  ConnectorList: {
    returnTo: 'https://shop.example.com/settings',
    data: [{
      provider: exampleProvider,
      name: 'Example',
      kinds: ['redirect'],
      needsAccount: false,
      addressField: null,
      holder: 'user',
      canManage: true,
      reason: null,
      contact: null,
      team: null,
      accounts: 'one',
      connection,
      connections: [connection],
      pull: null
    }]
  },
  HandshakeRequest: { provider: exampleProvider, returnTo: 'https://shop.example.com/settings' },
  Handshake: handshake,
  VerifierRequest: { verifier: 'k7Xw2pQ' },
  AddressRequest: { address: 'alice@example.com' },
  SubscriptionRequest: {
    endpoint: 'https://push.example.net/send/dJ3uYk0rXx8',
    keys: { p256dh: publicKey, auth: 'Y2FyaWxsb24tZXhhbXBsZQ' },
    name: 'Firefox on Linux'
  },
  PushKey: { publicKey, earlierKeys: [] },
  ConfirmRequest: { code: '482913' },
  Connection: connection,
  ConnectionDetails: {
    ...connection, revocation: null, events: [{ event: 'connection.connected', reason: null, at: '2026-11-30T09:00:00.000Z' }]
  },
  ConnectionUpdate: { label: 'Work phone', muted: false },
  TestResult: { ok: true, receipt: { id: 'ujpah72o0sjAoRtnM0jc' } },
  ImportRequest: {
    connections: [{ userId: 'alice', provider: exampleProvider, credentials: { accessToken: 'o.aBcDeFgHiJkLmNoPqRsTuVwXyZ012345' } }]
  },
  ImportResults: { imported: 1, failed: 0, data: [{ index: 0, userId: 'alice', provider: exampleProvider, connectionId: connection.id }] },
  Pull: pull,
  InsightsPage: {
    data: [{
      account: 'act_123', accountName: 'Shoes', currency: 'EUR', day: '2026-11-29', impressions: '1204', clicks: '37', spend: '12.50'
    }],
    nextCursor: null,
    totals: [{ currency: 'EUR', impressions: '1204', clicks: '37', spend: '12.50' }],
    connection: { id: 'con_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d93', status: 'active', statusReason: null },
    pull
  }
}
