import { markNeedsReauth } from '@carillon/shared/connections'
import type { Services } from '../services.ts'

/** The provider has said that credentials of this version are dead. What has replaced them since is left alone. */
export async function giveUp (
  { database }: Pick<Services, 'database'>, dead: { id: string, credentialsVersion: number, reason: string }
): Promise<void> {
  await markNeedsReauth(database, dead)
}
