import { findConnection, listEvents as listConnectionEvents } from '@carillon/shared/connections'
import { parseId, publicId } from '@carillon/shared/db'
import { listEvents } from '@carillon/shared/events'
import type { Event } from '@carillon/shared/events'
import { findRevocation } from '@carillon/shared/grants'
import { listInsights } from '@carillon/shared/pulls'
import type { InsightsRow } from '@carillon/shared/pulls'
import {
  listReceived, listUserAudit, listUserConnectionIds, listUserHandshakes, listUserTeams
} from '@carillon/shared/user-data'
import type { AuditRecord, ConnectionRef, HandshakeRecord, ReceivedDelivery } from '@carillon/shared/user-data'
import type { UserSummary } from '@carillon/shared/users'
import type { Services } from '../../services.ts'
import { toExplainedConnectionResponse } from '../connections/response.ts'
import { toAuditRecord, toHandshakeRecord, toReceivedResponse } from './export-response.ts'
import { toUserResponse } from './response.ts'

/** Messages may be large, and a page of them is in memory at a time. */
const perPage = 100
/** The history of a connection has up to 200 events. */
const connectionsPerPage = 10

/**
 * The parts of a JSON document (`UserExport`) with everything that Carillon stores about a user. Reads page by page, while the
 * caller reads it. Each item is on a line of its own, so that programs can read the document in parts.
 */
export async function * exportUser (
  { database, providers, now }: Services, user: UserSummary
): AsyncGenerator<string> {
  const { id: userId, externalId } = user
  const nameOf = (provider: string): string => providers.get(provider)?.name ?? provider
  yield `{"exportedAt":${JSON.stringify(new Date(now()).toISOString())},"user":${JSON.stringify(toUserResponse(user))}`
  yield * section('teams', [await listUserTeams(database, userId)])
  yield * section('connections', listConnections())
  yield * section('handshakes', pages(
    async (last?: HandshakeRecord) => await listUserHandshakes(database, userId, { limit: perPage, after: last?.id }),
    toHandshakeRecord))
  yield * section('deliveries', pages(
    async (last?: ReceivedDelivery) => await listReceived(database, externalId, { limit: perPage, after: last }),
    (delivery) => toReceivedResponse(delivery, nameOf(delivery.provider))))
  yield * section('events', pages(
    async (last?: Event) =>
      await listEvents(database, { userId: externalId, limit: perPage, before: last && parseId('event', last.id) }), (event) => event))
  yield * section('insights', listPulled())
  yield * section('audit', pages(
    async (last?: AuditRecord) => await listUserAudit(database, userId, { limit: perPage, after: last?.id }), toAuditRecord))
  yield '}'

  async function * listConnections (): AsyncGenerator<object[]> {
    for await (const page of connectionPages()) {
      const found = await Promise.all(page.map(async ({ id }) => {
        const connection = await findConnection(database, id)
        if (connection === undefined) return []
        const [revocation, events] = [await findRevocation(database, id), await listConnectionEvents(database, id)]
        return [toExplainedConnectionResponse(connection, revocation, events)]
      }))
      yield found.flat()
    }
  }

  /** A team's data belongs to the team. */
  async function * listPulled (): AsyncGenerator<object[]> {
    for await (const page of connectionPages()) {
      for (const { id: connectionId } of page.filter(({ isOwn }) => isOwn)) {
        yield * pages(
          async (last?: InsightsRow) => await listInsights(database, { connectionId }, { limit: perPage, after: last }),
          (row) => ({ connectionId: publicId('connection', connectionId), ...row }))
      }
    }
  }

  function connectionPages (): AsyncGenerator<ConnectionRef[]> {
    return pages(async (last?: ConnectionRef) =>
      await listUserConnectionIds(database, userId, { limit: connectionsPerPage, after: last?.id }), (one) => one)
  }
}

/** All pages of a list, each converted. `read` returns the page after an item, and an empty one at the end. */
async function * pages<Item extends object, Result extends object> (
  read: (last: Item | undefined) => Promise<Item[]>, convert: (item: Item) => Result
): AsyncGenerator<Result[]> {
  for (let last: Item | undefined; ;) {
    const page = await read(last)
    last = page.at(-1)
    if (last === undefined) return
    yield page.map(convert)
  }
}

async function * section (name: string, lists: AsyncIterable<object[]> | Iterable<object[]>): AsyncGenerator<string> {
  yield `,\n${JSON.stringify(name)}:[`
  let separator = '\n'
  for await (const list of lists) {
    if (list.length === 0) continue
    yield separator + list.map((item) => JSON.stringify(item)).join(',\n')
    separator = ',\n'
  }
  yield ']'
}
