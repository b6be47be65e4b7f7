import { readUrl } from '../../kit/read-variable.ts'
import type { SandboxEnvironment } from '../../kit/read-variable.ts'
import { PROVIDER } from '../oauth/client.ts'

/** The addresses in the app's settings at Facebook; null for none. */
export interface AppSettings {
  deauthorizeUrl: string | null
  deletionUrl: string | null
}

/** The callback addresses in the settings of the app: its own variables, or else those of the API at `SANDBOX_APP_URL`. */
export function readAppSettings (env: SandboxEnvironment): AppSettings {
  const appUrl = readUrl(env, 'SANDBOX_APP_URL')
  const atApp = (name: string): string | null => appUrl === undefined ? null : `${appUrl}/connect/${PROVIDER}/${name}`
  return {
    deauthorizeUrl: readUrl(env, 'SANDBOX_FACEBOOK_DEAUTHORIZE_URL') ?? atApp('deauthorize'),
    deletionUrl: readUrl(env, 'SANDBOX_FACEBOOK_DELETION_URL') ?? atApp('delete')
  }
}
