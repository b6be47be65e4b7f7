import type { InsightsPage, Pull, Team, TeamRequest, TeamSummary } from '../generated/contract.ts'
import { createList } from '../api/list.ts'
import type { List } from '../api/list.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'
import type { Query } from '../api/query.ts'

/** What Carillon reads through a connection of the team. */
export interface TeamPull {
  provider: string
  name: string
}

export function createTeams (api: Api) {
  return {
    /** Creates or replaces the team. `teamId` is your own id. */
    put: async (teamId: string, team: TeamRequest, options: RequestOptions = {}): Promise<Team> =>
      await dataOf(api.PUT('/v1/teams/{teamId}', { params: { path: { teamId } }, body: team, ...toInit(options) })),
    get: async (teamId: string, options: RequestOptions = {}): Promise<Team> =>
      await dataOf(api.GET('/v1/teams/{teamId}', { params: { path: { teamId } }, ...toInit(options) })),
    list: (query: Query<'/v1/teams'> = {}, options: RequestOptions = {}): List<TeamSummary> => createList(async (position) =>
      await dataOf(api.GET('/v1/teams', { params: { query: { ...query, ...position } }, ...toInit(options) }))),
    /** The numbers that Carillon read through the team's connection. */
    insights: async (
      teamId: string, { provider, name }: TeamPull,
      query: Query<'/v1/teams/{teamId}/pulls/{provider}/{name}'> & { cursor?: string } = {}, options: RequestOptions = {}
    ): Promise<InsightsPage> => await dataOf(api.GET('/v1/teams/{teamId}/pulls/{provider}/{name}', {
      params: { path: { teamId, provider, name }, query }, ...toInit(options)
    })),
    /** Reads the numbers now. */
    refreshInsights: async (teamId: string, { provider, name }: TeamPull, options: RequestOptions = {}): Promise<Pull> =>
      await dataOf(api.POST('/v1/teams/{teamId}/pulls/{provider}/{name}/refresh', {
        params: { path: { teamId, provider, name } }, ...toInit(options)
      }))
  }
}
