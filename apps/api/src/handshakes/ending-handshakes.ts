import type { EndingHandshakes } from '@carillon/shared/handshakes'
import type { Services } from '../services.ts'

/** What ends handshakes of this deployment's providers, in `database` or in a transaction. */
export function endingHandshakes (
  { vault, providers, ...services }: Pick<Services, 'database' | 'vault' | 'providers'>, database: EndingHandshakes['database'] = services.database
): EndingHandshakes {
  return { database, vault, canRevoke: (provider) => providers.get(provider)?.revoke !== undefined }
}
