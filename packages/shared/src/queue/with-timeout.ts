/** How long one response of a store may take. */
export const storeTimeoutMs = 5_000

/** BullMQ waits without limit for a store that has never responded, but our callers need an error. */
export async function withTimeout<Result> (pending: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`The queue did not respond within ${storeTimeoutMs} ms`)), storeTimeoutMs)
  })
  return Promise.race([pending, late]).finally(() => clearTimeout(timer))
}
