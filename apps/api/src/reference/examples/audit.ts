/** Examples of the audit trail, by the name of their schema. */
export const auditExamples: Record<string, object> = {
  AuditEntry: {
    id: 'aud_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8db2',
    action: 'endpoint.changed',
    createdAt: '2026-11-30T10:02:00.000Z',
    actor: { kind: 'apiKey', id: 'key_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d01', name: 'backend' },
    target: { kind: 'endpoint', id: 'end_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8dc0' },
    userId: null,
    teamId: null,
    requestId: 'order-1042',
    ipAddress: '192.0.2.7',
    details: { changed: ['url'], host: 'shop.example' }
  }
}
