/** What the audit trail records: the kind of the target, and what was done to it. */
export const auditActions = [
  'api_key.created', 'api_key.changed', 'api_key.rotated', 'api_key.revoked',
  'connection.connected', 'connection.imported', 'connection.changed', 'connection.disconnected',
  'team.created', 'team.changed',
  'user.tokens_revoked', 'user.exported', 'user.deleted',
  'broadcast.sent', 'notification.paused', 'notification.resumed', 'notification.canceled', 'notification.retried',
  'endpoint.created', 'endpoint.changed', 'endpoint.secret_rotated', 'endpoint.deleted',
  'encryption_key.rotated', 'encryption_key.forgotten'
] as const

export type AuditAction = typeof auditActions[number]
