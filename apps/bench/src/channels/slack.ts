import type { Channel } from './channel.ts'

interface Member {
  account: string
  workspaceId: string
  userId: string
  channelId: string
  accessToken: string
  refreshToken: string
}

export const slack: Channel = {
  provider: 'slack',
  hosts: 'many',
  async createSeats (simulator, host, count) {
    const members = await simulator.createAccounts<Member>('slack', count, `w${host}`)
    // Each installation replaces the tokens of the workspace.
    const { accessToken, refreshToken } = members.at(-1) ?? {}
    return members.map(({ account, workspaceId, userId, channelId }) => ({
      account,
      accountId: `${workspaceId}/${userId}`,
      host: workspaceId,
      credentials: { accessToken, refreshToken },
      target: { userId, channelId }
    }))
  },
  limitsFor: () => ({
    channel: { burst: 1, secondsPerRequest: 1 }, workspace: { burst: 20, secondsPerRequest: 0.2, leastWaitSeconds: 5 }
  })
}
