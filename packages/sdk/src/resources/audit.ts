import type { AuditEntry } from '../generated/contract.ts'
import { createList } from '../api/list.ts'
import type { List } from '../api/list.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'
import type { Query } from '../api/query.ts'

/** Who did what, from where. */
export function createAudit (api: Api) {
  return {
    list: (query: Query<'/v1/audit'> = {}, options: RequestOptions = {}): List<AuditEntry> => createList(async (position) =>
      await dataOf(api.GET('/v1/audit', { params: { query: { ...query, ...position } }, ...toInit(options) })))
  }
}
