import { setTimeout as sleep } from 'node:timers/promises'

/** Calls `probe` until it returns true. Throws after `patienceMs`, with the text of `describe`. */
export async function until (
  probe: () => Promise<boolean>,
  { everyMs, patienceMs, describe }: { everyMs: number, patienceMs: number, describe: () => Promise<string> }
): Promise<void> {
  const deadline = Date.now() + patienceMs
  while (!await probe()) {
    if (Date.now() > deadline) throw new Error(`Gave up after ${Math.round(patienceMs / 1000)} s: ${await describe()}`)
    await sleep(everyMs)
  }
}
