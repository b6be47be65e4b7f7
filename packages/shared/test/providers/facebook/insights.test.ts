import t from 'tap'
import { createFacebookApi } from '../../../src/providers/facebook/api.ts'
import { createInsights } from '../../../src/providers/facebook/insights.ts'
import { createMemoryRegistrations } from '@carillon/clients'
import type { RequestContext } from '../../../src/providers/request-context.ts'
import { app } from './fake-graph.ts'

const graphUrl = 'https://graph.example'
const insights = createInsights(createFacebookApi({ graphUrl, wwwUrl: 'https://www.example', version: 'v26.0', app }))

t.test('rejects when a server returns pages without end, and does not treat them as complete', async (t) => {
  const page = { data: [], paging: { next: `${graphUrl}/v26.0/me/adaccounts?after=more` } }
  let requests = 0
  const request = async () => {
    requests++
    return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(page)) }
  }
  const call: RequestContext = {
    http: { request, close: async () => {} },
    signal: new AbortController().signal,
    now: Date.now,
    registrations: createMemoryRegistrations()
  }
  const pages: unknown[] = []
  const readAll = async () => {
    for await (const accounts of insights.accounts({ accessToken: 'token' }, call)) pages.push(accounts)
  }
  t.match(await readAll().catch((error: unknown) => error), { failure: { kind: 'malformed', reason: 'more than 10000 pages' } })
  t.same([requests, pages.length], [10_000, 10_000])
})
