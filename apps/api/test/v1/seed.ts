import { at } from '../open-api.ts'
import type { TestApi } from '../open-api.ts'

/** Connects each user to an account of their own at the sandbox, through an import. Answers connection ids by user. */
export async function connectUsers (api: TestApi, userIds: string[]): Promise<Map<string, string>> {
  const { data } = await api.control('POST', '/accounts', { provider: 'pushbullet', count: userIds.length }) as {
    data: Array<{ account: string, accessToken: string }>
  }
  const connections = userIds.map((userId, index) => ({
    userId,
    provider: 'pushbullet',
    credentials: { accessToken: data[index]?.accessToken },
    account: { id: data[index]?.account, name: data[index]?.account }
  }))
  const { status, body } = await api.ask('POST', '/v1/connections/import', { token: await api.makeKey(), body: { connections } })
  if (status !== 200) throw new Error(JSON.stringify(body))
  return new Map(userIds.map((userId, index) => [userId, String(at(body, `data.${index}.connectionId`))]))
}

export function noteTo (...userIds: string[]): { audience: { userIds: string[] }, message: { type: 'note', title: string, body: string } } {
  return { audience: { userIds }, message: { type: 'note', title: 'Bim', body: 'Bam' } }
}
