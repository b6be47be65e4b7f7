const firstDelayMs = 500
const maxDelayMs = 10_000
/** A longer wait is left to the caller. */
const maxRetryAfterMs = 60_000

/** Requests with these statuses had no effect, or can be repeated under their Idempotency-Key. */
const retriedStatuses = new Set([408, 429, 500, 502, 503, 504])

/**
 * How long to wait before the request is repeated. Undefined if it must not be. `response` is undefined if there was none, and
 * `attempt` counts from 0.
 */
export function retryDelayMs (
  response: Pick<Response, 'status' | 'headers'> | undefined, attempt: number, { now = Date.now, random = Math.random } = {}
): number | undefined {
  const asked = response === undefined ? undefined : readRetryAfter(response.headers.get('retry-after'), now())
  // 409 has a Retry-After only while another request with the same Idempotency-Key is being handled.
  const isKeyInUse = response?.status === 409 && asked !== undefined
  if (response !== undefined && !retriedStatuses.has(response.status) && !isKeyInUse) return undefined
  if (asked !== undefined && asked > maxRetryAfterMs) return undefined
  // Clients that failed together must not return together.
  const backOffMs = Math.min(maxDelayMs, firstDelayMs * 2 ** attempt)
  return asked === undefined ? backOffMs * (0.5 + random() / 2) : asked + random() * firstDelayMs
}

/** RFC 9110 §10.2.3: seconds or a date. */
function readRetryAfter (text: string | null, now: number): number | undefined {
  if (text === null) return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1_000
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : Math.max(0, time - now)
}
