import { loadConfig, publicUrl, readDefinitions } from '@carillon/shared/config'
import { createHttp } from '@carillon/http'
import { createProviders, definitions as registry, trustedOrigins } from '@carillon/shared/providers'
import type { Http } from '@carillon/http'
import type { Provider, ProviderDefinition } from '@carillon/shared/providers'
import type { CommandContext } from '../command-context.ts'
import { sandboxProviders } from '../up/sandbox-providers.ts'
import { readUpFile } from '../up-file.ts'
import type { UpFile } from '../up-file.ts'

/** A placeholder for a client that is not configured and may not be needed. */
export const noClient = 'none'

export interface TerminalProviders {
  /** Those of the registry, and the services that files describe. */
  definitions: readonly ProviderDefinition[]
  /** Errors of these files. */
  errors: readonly string[]
  /** Those that are configured. */
  providers: ReadonlyMap<string, Provider>
  /** Origins of the simulators that replace services. */
  simulators: ReadonlySet<string>
  /** The page on which users connect accounts in a browser. */
  connectPage: string
  http: Http
}

/** The providers that the environment configures. For the others: the simulators of a running `carillon up`, or the services. */
export async function openTerminalProviders (env: CommandContext['env']): Promise<TerminalProviders> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const upFile = await readUpFile(loadConfig(given).CARILLON_DATA_DIR)
  const { sandboxUrl } = upFile
  const standIns = typeof sandboxUrl === 'string' ? await sandboxProviders(given, sandboxUrl) : {}
  const complete = { ...withoutClient(given), ...standIns, ...given }
  const { definitions, errors } = readDefinitions(complete)
  const config = loadConfig(complete, [], definitions)
  const providers = createProviders(config, definitions)
  return {
    definitions,
    errors,
    providers,
    connectPage: `${upFile.apiUrl ?? publicUrl(config)}/connect`,
    simulators: new Set(simulatorUrls(upFile).map((url) => new URL(url).origin)),
    http: createHttp({ trustedOrigins: trustedOrigins(providers), allowPrivateHosts: config.ALLOW_PRIVATE_HOSTS })
  }
}

function simulatorUrls (upFile: UpFile): string[] {
  const urls = [upFile.sandboxUrl, ...registry.map(({ id }) => upFile[`${id}Url`])]
  return urls.filter((url) => typeof url === 'string')
}

/** A one-time code registers its own client, and an access token needs none. */
function withoutClient (env: CommandContext['env']): Record<string, string> {
  const missing = registry.filter(({ terminal, required: [first = ''] }) => terminal !== undefined && env[first] === undefined)
  return Object.fromEntries(missing.flatMap(({ prefix, required, terminal }) =>
    required.map((name) => [name, terminal?.defaults?.[name.slice(prefix.length)] ?? noClient])))
}
