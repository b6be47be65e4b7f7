/** How long a store may take for one answer. */
export const storeTimeoutMs = 5_000

/** BullMQ waits for a store that has never answered, however long that takes; callers of ours want to know. */
export async function withTimeout<Answer> (pending: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`The queue did not answer within ${storeTimeoutMs} ms`)), storeTimeoutMs)
  })
  return Promise.race([pending, late]).finally(() => clearTimeout(timer))
}
