const apiKey = {
  id: 'key_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d95',
  name: 'shop',
  scopes: ['users:write', 'notifications:write'],
  status: 'active',
  createdAt: '2026-11-30T09:00:00.000Z',
  expiresAt: '2027-02-28T09:00:00.000Z',
  revokedAt: null,
  rotatedAt: null,
  earlierSecretsUntil: null,
  lastUsedAt: '2026-11-30T09:12:00.000Z',
  lastUsedFrom: '203.0.113.7'
}

const withKey = { ...apiKey, key: 'ck_01980e4a7c3b7f539d5e3c1f2a6b8d95HN6wC4rVt0pXo8mZ1yQbKd3sJfLgU7iAeRnT5cWvB2x' }

/** Examples of API keys, by the name of their schema. */
export const apiKeyExamples: Record<string, object> = {
  ApiKeyRequest: { name: apiKey.name, scopes: apiKey.scopes, expiresIn: 7_776_000 },
  ApiKeyUpdate: { expiresAt: '2027-05-30T09:00:00Z' },
  ApiKeyRotation: { overlapSeconds: 3_600 },
  ApiKey: apiKey,
  ApiKeyWithKey: { ...withKey, lastUsedAt: null, lastUsedFrom: null }
}
