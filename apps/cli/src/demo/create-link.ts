import { openApiClient } from '../api-client.ts'
import type { CommandContext } from '../command-context.ts'
import { environmentOfUp } from './environment-of-up.ts'

/** Returns the address of the page on which the user connects accounts. It contains a token of the user. */
export async function createLink (env: CommandContext['env'], userId: string): Promise<string> {
  const { connectUrl } = await (await openApiClient(environmentOfUp(env))).post('/v1/user-tokens', { userId }) as { connectUrl: string }
  return connectUrl
}
