import { blotre } from './blotre/index.ts'
import type { ProviderDefinition } from './define-provider.ts'
import { discord } from './discord/index.ts'
import { email } from './email/index.ts'
import { facebook } from './facebook/index.ts'
import { ntfy } from './ntfy/index.ts'
import { mastodon } from './mastodon/index.ts'
import type { Provider } from './provider.ts'
import { pumpio } from './pumpio/index.ts'
import { pushbullet } from './pushbullet/index.ts'
import { slack } from './slack/index.ts'
import { telegram } from './telegram/index.ts'
import { webhook } from './webhook/index.ts'
import { webpush } from './webpush/index.ts'

/** All supported providers, in the order in which users see them. */
export const definitions: readonly [ProviderDefinition, ...ProviderDefinition[]] = [
  pushbullet, pumpio, blotre, facebook, slack, discord, ntfy, telegram, mastodon, email, webpush, webhook
]

/** The provider that examples in help texts and documentation use. */
export const [{ id: exampleProvider }] = definitions

/** The values of all variables that `loadConfig` has parsed. */
export type ProviderValues = Readonly<Record<string, unknown>> & { readonly SITE_NAME: string }

/** The providers of `known` whose required variables are set, by id. Opens nothing. */
export function createProviders (
  values: ProviderValues, known: readonly ProviderDefinition[] = definitions
): ReadonlyMap<string, Provider> {
  const site = { name: values.SITE_NAME }
  const offered = known.map((definition) => definition.create(values, site)).filter((provider) => provider !== undefined)
  return new Map(offered.map((provider) => [provider.id, provider]))
}

/** The origins of the providers' servers, which `createHttp` may reach even at a private address. */
export function trustedOrigins (providers: ReadonlyMap<string, Provider>): string[] {
  return [...new Set([...providers.values()].flatMap(({ origins }) => origins))]
}

/** The maximum number of requests per second of all workers together, by provider. A provider without an entry has no limit. */
export function maxPerSecond (values: ProviderValues, known: readonly ProviderDefinition[] = definitions): Map<string, number> {
  return new Map(known.flatMap((definition) => {
    const limit = definition.maxPerSecond(values)
    return limit === undefined ? [] : [[definition.id, limit]]
  }))
}
