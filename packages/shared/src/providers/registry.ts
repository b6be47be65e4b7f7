import { createBlotre } from './blotre/blotre.ts'
import { createFacebook } from './facebook/facebook.ts'
import type { Provider } from './provider.ts'
import { createPumpio } from './pumpio/pumpio.ts'
import { createPushbullet } from './pushbullet/pushbullet.ts'

/** One line per provider; the key is its id. */
const factories = {
  pushbullet: createPushbullet,
  pumpio: createPumpio,
  blotre: createBlotre,
  facebook: createFacebook
}

type Configs = { [Id in keyof typeof factories]: Parameters<(typeof factories)[Id]>[0] }

/** What each provider needs to know of this deployment. One without configuration is not offered. */
export type ProvidersConfig = { [Id in keyof Configs]?: Configs[Id] | undefined }

/** The providers this deployment offers, by id. Opens nothing; throws TypeError for a base URL that is none. */
export function createProviders (config: ProvidersConfig): ReadonlyMap<string, Provider> {
  const ids = Object.keys(factories) as Array<keyof Configs>
  const offered = ids.map((id) => create(id, config)).filter((provider) => provider !== undefined)
  return new Map(offered.map((provider) => [provider.id, provider]))
}

/** Where the configured providers live: what `createHttp` may reach even on a private address. */
export function trustedOrigins (config: ProvidersConfig): string[] {
  const origins = [...createProviders(config).values()].flatMap((provider) => provider.origins)
  return [...new Set(origins)]
}

function create<Id extends keyof Configs> (id: Id, config: ProvidersConfig): Provider | undefined {
  const own = config[id]
  const table: { [Key in keyof Configs]: (own: Configs[Key]) => Provider } = factories
  return own === undefined ? undefined : table[id](own)
}
