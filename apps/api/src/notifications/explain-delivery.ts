import type { DeliveryEvent, ExplainedDelivery } from '@carillon/shared/deliveries'

/** The state of a delivery and its reason in complete sentences. The reason may be a text of the provider. */
export function explainDelivery (delivery: ExplainedDelivery, provider: string): string {
  const { state, attempts, reason, dueAt, updatedAt, history } = delivery
  const seen = history.find(({ event }) => event === 'seen')
  const last = history.findLast(({ event }) => event !== 'seen')
  const since = last?.at === undefined ? updatedAt.toISOString() : new Date(last.at).toISOString()
  const due = dueAt?.toISOString() ?? 'the next run'
  const why = withoutPeriod(reason)
  const isPaused = dueAt === null && (state === 'queued' || state === 'retrying')
  if (isPaused) return `Paused since ${since} with its notification. It continues when the notification is resumed.`

  switch (state) {
    case 'queued':
      if (last?.event === 'released') return `Released at ${since}, because the user reconnected ${provider}. It waits for a worker.`
      if (last?.event === 'retried') return `Retried at ${since} by an operator. It waits for a worker.`
      if (last?.event === 'wait') return `${explainWait(reason, provider)} It is due again at ${due}.`
      return dueAt !== null && dueAt.getTime() > updatedAt.getTime() + 1_000
        ? `Scheduled. It is due at ${due}.`
        : `Waiting for a worker since ${since}.`
    case 'sending':
      return `Attempt ${attempts + 1} is being sent to ${provider} now.`
    case 'retrying':
      return `${explainRetry(delivery, provider)} It is due again at ${due}.`
    case 'parked':
      return `Parked since ${since}. Reason: ${why}. It is sent when the user reconnects ${provider}.`
    case 'sent':
      return `Sent at ${since}. ${provider} accepted ${attempts === 1 ? 'the first attempt' : `attempt ${attempts}`}.${explainSeen(seen)}`
    case 'failed':
      return last?.outcome === 'gaveUp' || reason === 'workerLost'
        ? `Failed at ${since} after ${count(attempts)}. Reason of the last one: ${why}.`
        : `Failed at ${since}. Reason: ${why}. A retry would not help.`
    case 'expired':
      return `Expired at ${since} before it was sent.`
    case 'skipped':
      return `Skipped at ${since}${explainSkip(why, provider)}.`
    case 'canceled':
      return `Canceled at ${since}.`
    case 'unknown':
      return `Unknown since ${since}. It may have arrived, and a retry could show it twice. Reason: ${why}.${explainSeen(seen)}`
  }
}

function explainSeen (seen: DeliveryEvent | undefined): string {
  return seen === undefined ? '' : ` The user opened it at ${new Date(seen.at).toISOString()}.`
}

function explainRetry ({ attempts, reason, history }: ExplainedDelivery, provider: string): string {
  if (reason === 'rateLimited' && history.at(-1)?.refresh === 'rateLimited') {
    return `The access token has expired, and the rate limit of ${provider} for new ones is reached. This uses no attempt.`
  }
  if (reason === 'rateLimited' || reason === 'breakerOpen' || reason === 'misconfigured') return explainWait(reason, provider)
  if (reason === 'handedBack') return 'A worker that was shutting down returned it without an attempt.'
  if (reason === 'workerLost') return 'The worker that was sending it died. It may have arrived, so it is sent again with the same key.'
  return `${attempts === 1 ? 'The first attempt' : `Attempt ${attempts}`} failed. Reason: ${withoutPeriod(reason)}.`
}

function explainSkip (reason: string, provider: string): string {
  if (reason === 'disconnected') return `, because the user disconnected ${provider}`
  if (reason === 'userDeleted') return ', because the user was deleted'
  if (reason === 'muted') return `, because the user muted this connection to ${provider}`
  if (reason === 'unsubscribed') return ', because the user unsubscribed this address'
  return `. Reason: ${reason}`
}

function explainWait (reason: string | null, provider: string): string {
  if (reason === 'misconfigured') {
    return `${provider} refuses this deployment, and the operator has to fix its configuration. This uses no attempt.`
  }
  return reason === 'breakerOpen'
    ? `${provider} is failing, so no requests are sent there for now. This uses no attempt.`
    : `The rate limit of ${provider} is reached. This uses no attempt.`
}

function count (attempts: number): string {
  return attempts === 1 ? 'one attempt' : `${attempts} attempts`
}

/** The text of a provider may end with a period, and the sentence around it has its own. */
function withoutPeriod (reason: string | null): string {
  return reason?.replace(/[.\s]+$/, '') ?? 'unknown'
}
