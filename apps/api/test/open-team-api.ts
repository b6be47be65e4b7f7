import { saveConnections } from '@carillon/shared/connections'
import { publicId } from '@carillon/shared/db'
import { findTeam } from '@carillon/shared/teams'
import type { Provider } from '@carillon/shared/providers'
import type { Test } from 'tap'
import type { Services } from '../src/services.ts'
import { openTestApi } from './open-api.ts'
import type { Answer, TestApi } from './open-api.ts'

export interface TeamApi {
  api: TestApi
  key: string
  /** Creates a team with this name. The site's id is the name in lower case. */
  put: (name: string, ownerId: string, ...memberIds: string[]) => Promise<Answer>
  /** A user's token, in a team if given. */
  tokenOf: (userId: string, teamId?: string) => Promise<string>
  /** Connects an account for a team as its owner would, at Pushbullet by default. Returns the account's token too. */
  connect: (teamId: string, provider?: Offer[number]) => Promise<{ id: string, accessToken: string }>
  /** Runs between the provider's response and the storing of the grant. */
  meanwhile: { run: () => Promise<unknown> }
}

/** The callers who request a team's connection. "No team" is a member who has not chosen one. */
export const teamCallers = ['owner', 'member', 'outsider', 'no team', 'operator'] as const
export type TeamCaller = typeof teamCallers[number]

/** A request, and the response for each caller. */
export interface AccessRow<Asking> {
  what: string
  ask: (asking: Asking) => Promise<Answer>
  gets: Record<TeamCaller, object>
}

/** The refusals in a team that Olive owns. */
export const refusals = {
  notOwner: { status: 403, body: { code: 'notOwner', detail: /ask Olive$/, contact: 'Olive' } },
  notFound: { status: 404, body: { code: 'notFound' } },
  wrongCaller: { status: 403, body: { code: 'wrongCaller' } },
  teamRequired: { status: 422, body: { code: 'teamRequired', detail: /choose one/ } }
}

/** The server with Pushbullet and the other given providers, whose connections belong to teams. */
export async function openTeamApi (
  t: Test, { teams = ['pushbullet'], offer = teams, change = {} }: { teams?: Offer, offer?: Offer, change?: Partial<Services> } = {}
): Promise<TeamApi> {
  const meanwhile = { run: async (): Promise<unknown> => undefined }
  const asTeams = (provider: Provider): Provider => {
    const { code } = provider.handshakes
    if (code === undefined) return { ...provider, holder: 'team' }
    const accept: typeof code.accept = async (token, call) => {
      const grant = await code.accept(token, call)
      await meanwhile.run()
      return grant
    }
    return { ...provider, holder: 'team', handshakes: { ...provider.handshakes, code: { ...code, accept } } }
  }
  const isOfTeams = (id: string): boolean => teams.some((team) => team === id)
  const api = await openTestApi(t, {
    offer,
    change: ({ providers }) => ({
      ...change,
      providers: new Map([...providers].map(([id, provider]) => [id, isOfTeams(id) ? asTeams(provider) : provider]))
    })
  })
  const key = await api.makeKey()
  const { database, vault } = api.services
  return {
    api,
    key,
    meanwhile,
    put: async (name, ownerId, ...memberIds) =>
      await api.ask('PUT', `/v1/teams/${name.toLowerCase()}`, { token: key, body: { name, ownerId, memberIds } }),
    tokenOf: async (userId, teamId) => await api.makeUser(userId, undefined, teamId),
    connect: async (externalId, provider = 'pushbullet') => {
      const team = await findTeam(database, externalId)
      if (team === undefined) throw new Error(`there is no team ${externalId}`)
      const { data: [made] } = await api.control('POST', '/accounts', { provider, count: 1 }) as {
        data: Array<{ account: string, accessToken: string, userId?: string }>
      }
      if (made === undefined) throw new Error('no account was made')
      const grant = { credentials: { accessToken: made.accessToken }, account: { id: made.userId ?? made.account, name: 'The page' } }
      const [saved] = await saveConnections(database, vault, [
        { teamId: team.id, connectedBy: team.owner.id, provider, grant }
      ])
      return { id: publicId('connection', saved?.id ?? ''), accessToken: made.accessToken }
    }
  }
}

type Offer = Array<'pushbullet' | 'pumpio' | 'blotre' | 'facebook'>
