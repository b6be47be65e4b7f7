import { enqueuePull } from '@carillon/shared/pulls'
import type { Services } from '../services.ts'

/** Has what is due read at once. Its row is due already: a queue that is away only makes it wait for the next round. */
export async function wakePuller ({ pullQueue, log }: Pick<Services, 'pullQueue' | 'log'>): Promise<void> {
  await enqueuePull(pullQueue).catch((error: unknown) => log.warn({ err: error }, 'what is to be read waits for the next round'))
}
