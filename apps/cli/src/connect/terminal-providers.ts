import { loadConfig, providerConfig } from '@carillon/shared/config'
import { createHttp } from '@carillon/shared/http'
import { createProviders, trustedOrigins } from '@carillon/shared/providers'
import type { Http } from '@carillon/shared/http'
import type { Provider } from '@carillon/shared/providers'
import type { CommandContext } from '../command-context.ts'
import { sandboxProviders } from '../up/sandbox-providers.ts'
import { readUpFile } from '../up-file.ts'

/** Stands for a client that is not configured, and may not be needed. */
export const noClient = 'none'

export interface TerminalProviders {
  providers: ReadonlyMap<string, Provider>
  /** Origins of the simulators that stand in for services. */
  simulators: ReadonlySet<string>
  http: Http
}

/**
 * The providers as the environment says and, where it says nothing, those of a running `carillon up` or the services
 * themselves.
 */
export async function openTerminalProviders (env: CommandContext['env']): Promise<TerminalProviders> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const { sandboxUrl, pumpioUrl } = await readUpFile(loadConfig(given).CARILLON_DATA_DIR)
  const isSandboxed = typeof sandboxUrl === 'string' && typeof pumpioUrl === 'string'
  const standIns = isSandboxed ? sandboxProviders(given, { sandboxUrl, pumpioUrl }) : {}
  const config = loadConfig({ PUMPIO_CLIENT_NAME: 'Carillon', ...clientless(given), ...standIns, ...given })
  const wanted = providerConfig(config)
  return {
    providers: createProviders(wanted),
    simulators: new Set(isSandboxed ? [sandboxUrl, pumpioUrl].map((url) => new URL(url).origin) : []),
    http: createHttp({ trustedOrigins: trustedOrigins(wanted), allowPrivateHosts: config.ALLOW_PRIVATE_HOSTS })
  }
}

/** A one-time code brings a client of its own, and an access token needs none. */
function clientless (env: CommandContext['env']): Record<string, string> {
  const missing = ['PUSHBULLET', 'BLOTRE'].filter((name) => env[`${name}_CLIENT_ID`] === undefined)
  return Object.fromEntries(missing.flatMap((name) => [[`${name}_CLIENT_ID`, noClient], [`${name}_CLIENT_SECRET`, noClient]]))
}
