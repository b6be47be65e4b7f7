import { at } from '../open-api.ts'
import type { TestApi } from '../open-api.ts'

/** Connects each user to a separate account at the sandbox through an import. Returns connection ids by user. */
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

/** Plans a broadcast that fits into one segment, like the worker. Returns the segment's number. */
export async function planBroadcast ({ database }: TestApi, id: string): Promise<number> {
  const notification = id.slice(4)
  await database.sql.begin(async (sql) => {
    await sql`
      insert into progress (notification_id, provider, audience, planned_to, planned, segments, is_planned, queued, version, started_at)
      select ${notification}, 'pushbullet', count(*), (array_agg(id order by id desc))[1], count(*), 1, true, count(*), 1, now() from connections`
    await sql`
      insert into segments (notification_id, provider, number, after_id, last_id, size, due_at)
      select notification_id, provider, 0, '00000000-0000-0000-0000-000000000000', planned_to, planned, now()
      from progress where notification_id = ${notification}`
    await sql`update notifications set planned_at = now() where id = ${notification}`
  })
  return 0
}
