/** How long a store may take for one answer. */
export const answerWithinMs = 5_000

/** BullMQ waits for a store that has never answered, however long that takes; callers of ours want to know. */
export async function answered<Answer> (asking: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`The queue did not answer within ${answerWithinMs} ms`)), answerWithinMs)
  })
  return Promise.race([asking, late]).finally(() => clearTimeout(timer))
}
