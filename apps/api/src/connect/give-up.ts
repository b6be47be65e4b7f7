import { markNeedsReauth, recordEvents } from '@carillon/shared/connections'
import type { Services } from '../services.ts'

/** The provider has said that credentials of this version are dead. What has replaced them since is left alone. */
export async function giveUp (
  { database }: Pick<Services, 'database'>, { id, credentialsVersion, reason }: { id: string, credentialsVersion: number, reason: string }
): Promise<void> {
  if (!await markNeedsReauth(database, { id, credentialsVersion, reason })) return
  await recordEvents(database, [{ connectionId: id, event: 'connection.needs_reauth', reason }])
}
