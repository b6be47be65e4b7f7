import { openApiClient } from '../api-client.ts'
import type { CommandContext } from '../command-context.ts'

interface Explanation {
  explanation: string
  nextStep: string | null
}

interface Connection extends Explanation {
  connectionId: string
  provider: string
  account: { id: string, name: string }
}

type Received = 'yes' | 'notYet' | 'unknown' | 'no'

/** Why a user did or did not get one notification. */
export interface RecipientExplanation extends Explanation {
  notificationId: string
  userId: string
  title: string
  createdAt: string
  received: Received
  connections: Array<Connection & { state: string | null }>
}

/** What a user receives. */
export interface UserExplanation extends Explanation {
  userId: string
  isKnown: boolean
  connections: Array<Connection & { status: string, muted: boolean }>
  notifications: Array<{ notificationId: string, title: string, createdAt: string, received: Received, explanation: string }>
  /** The list lacks notifications without a delivery from before this time. */
  onlyDeliveredBefore: string | null
}

export interface WhyApi {
  explainUser: (userId: string) => Promise<UserExplanation>
  explainRecipient: (notificationId: string, userId: string) => Promise<RecipientExplanation>
}

export async function openWhyApi (env: CommandContext['env']): Promise<WhyApi> {
  const api = await openApiClient(env)
  return {
    explainUser: async (userId) => await api.get(`/v1/users/${encodeURIComponent(userId)}/why`) as UserExplanation,
    explainRecipient: async (id, userId) =>
      await api.get(`/v1/notifications/${encodeURIComponent(id)}/why?${new URLSearchParams({ userId })}`) as RecipientExplanation
  }
}
