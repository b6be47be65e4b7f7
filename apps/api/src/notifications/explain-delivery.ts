import type { ExplainedDelivery } from '@carillon/shared/deliveries'

/** One sentence on why a delivery is where it is, for the person who is asked "did she get it?". */
export function explainDelivery (delivery: ExplainedDelivery, provider: string): string {
  const { state, attempts, reason, dueAt, updatedAt, history } = delivery
  const last = history.at(-1)
  const since = last?.at === undefined ? updatedAt.toISOString() : new Date(last.at).toISOString()
  const due = dueAt?.toISOString() ?? 'the next occasion'
  const why = reason ?? 'no reason was given'
  const isHeld = dueAt === null && (state === 'queued' || state === 'retrying')
  if (isHeld) return `Held since ${since}, because its notification is paused; it goes on when that is resumed.`

  switch (state) {
    case 'queued':
      if (last?.event === 'released') return `Released at ${since}, because the user has connected ${provider} again; it waits to be picked up.`
      if (last?.event === 'retried') return `Tried again since ${since}, because an operator asked for it; it waits to be picked up.`
      if (last?.event === 'wait') return `${explainWait(reason, provider)} It is due again at ${due}.`
      return dueAt !== null && dueAt.getTime() > updatedAt.getTime() + 1_000
        ? `Scheduled: it is due at ${due}.`
        : `Waiting since ${since} to be picked up by a worker.`
    case 'sending':
      return `Being sent to ${provider} right now, as attempt ${attempts + 1}.`
    case 'retrying':
      return `${explainRetry(delivery, provider)} It is due again at ${due}.`
    case 'parked':
      return `Parked since ${since}: ${provider} says that the ${why}; it goes out when the user reconnects.`
    case 'sent':
      return `Sent at ${since}: ${provider} took it on ${attempts === 1 ? 'the first attempt' : `attempt ${attempts}`}.`
    case 'failed':
      return last?.outcome === 'gaveUp' || reason === 'workerLost'
        ? `Given up at ${since} after ${count(attempts)}; the last ended with: ${why}.`
        : `Failed at ${since} for good: ${why}. Trying again would not help.`
    case 'expired':
      return `Expired at ${since}, before it could be sent.`
    case 'skipped':
      return reason === 'disconnected' ? `Skipped at ${since}: the user has disconnected ${provider}.` : `Skipped at ${since}: ${why}.`
    case 'canceled':
      return `Canceled at ${since}.`
    case 'unknown':
      return `Unknown since ${since}: it may have arrived, and sending it again could show it twice (${why}).`
  }
}

function explainRetry ({ attempts, reason, history }: ExplainedDelivery, provider: string): string {
  if (reason === 'rateLimited' && history.at(-1)?.refresh === 'rateLimited') {
    return `The access token is too old, and ${provider} asked to wait before it gives another, which costs no attempt.`
  }
  if (reason === 'rateLimited' || reason === 'breakerOpen') return explainWait(reason, provider)
  if (reason === 'handedBack') return 'A worker that was stopping handed it back untried.'
  if (reason === 'workerLost') return 'The worker that was sending it died; whether it arrived is not known, so it is sent again under the same key.'
  return `${attempts === 1 ? 'The first attempt' : `Attempt ${attempts}`} failed (${reason ?? 'no reason was given'}).`
}

function explainWait (reason: string | null, provider: string): string {
  return reason === 'breakerOpen'
    ? `${provider} does not answer well, so nothing is sent there for now, which costs no attempt.`
    : `It has to wait its turn, because ${provider} is sent no more than it allows, which costs no attempt.`
}

function count (attempts: number): string {
  return attempts === 1 ? 'one attempt' : `${attempts} attempts`
}
