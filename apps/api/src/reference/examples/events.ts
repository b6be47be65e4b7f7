import { exampleProvider } from '@carillon/shared/providers'

/** Examples of events, by the name of their schema. */
export const eventExamples: Record<string, object> = {
  Event: {
    id: 'evt_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8da1',
    type: 'connection.needs_reauth',
    createdAt: '2026-11-30T10:02:00.000Z',
    data: {
      connectionId: 'con_01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d90',
      provider: exampleProvider,
      userId: 'alice',
      teamId: null,
      reason: 'access token is not accepted'
    }
  }
}
