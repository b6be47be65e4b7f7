import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DeliveryState, ExplainedDelivery } from '@carillon/shared/deliveries'
import t from 'tap'
import { explainDelivery } from '../../src/notifications/explain-delivery.ts'

const [at, due] = ['2026-05-01T10:02:00.000Z', '2026-05-01T10:03:00.000Z']
const base: ExplainedDelivery = {
  notificationId: 'n',
  connectionId: 'c',
  userId: 'ann',
  provider: 'pushbullet',
  state: 'queued',
  attempts: 0,
  reason: null,
  dueAt: null,
  receipt: null,
  createdAt: new Date(at),
  updatedAt: new Date(at),
  history: [{ at, event: 'queued' }]
}

const cases: Array<[Partial<ExplainedDelivery>, string]> = [
  [{ dueAt: new Date(at) }, `Waiting for a worker since ${at}.`],
  [{ dueAt: new Date(due) }, `Scheduled. It is due at ${due}.`],
  [{ dueAt: new Date(at), history: [{ at, event: 'released' }] }, `Released at ${at}, because the user reconnected Pushbullet. It waits for a worker.`],
  [{ state: 'sending', attempts: 1 }, 'Attempt 2 is being sent to Pushbullet now.'],
  [{ state: 'retrying', attempts: 1, reason: 'not available now', dueAt: new Date(due) }, `The first attempt failed. Reason: not available now. It is due again at ${due}.`],
  [{ state: 'retrying', attempts: 0, reason: 'rateLimited', dueAt: new Date(due) }, `The rate limit of Pushbullet is reached. This uses no attempt. It is due again at ${due}.`],
  [{ state: 'retrying', attempts: 1, reason: 'breakerOpen', dueAt: new Date(due) }, `Pushbullet is failing, so no requests are sent there for now. This uses no attempt. It is due again at ${due}.`],
  [{ state: 'queued', reason: 'breakerOpen', dueAt: new Date(due), history: [{ at, event: 'wait' }] }, `Pushbullet is failing, so no requests are sent there for now. This uses no attempt. It is due again at ${due}.`],
  [{ history: [{ at, event: 'paused' }] }, `Paused since ${at} with its notification. It continues when the notification is resumed.`],
  [{ state: 'retrying', reason: 'paused', history: [{ at, event: 'paused' }] }, `Paused since ${at} with its notification. It continues when the notification is resumed.`],
  [{ dueAt: new Date(at), history: [{ at, event: 'retried' }] }, `Retried at ${at} by an operator. It waits for a worker.`],
  [{ state: 'retrying', reason: 'handedBack', dueAt: new Date(due) }, `A worker that was shutting down returned it without an attempt. It is due again at ${due}.`],
  [{ state: 'parked', reason: 'access token is not accepted' }, `Parked since ${at}. Reason: access token is not accepted. It is sent when the user reconnects Pushbullet.`],
  [{ state: 'sent', attempts: 1 }, `Sent at ${at}. Pushbullet accepted the first attempt.`],
  [{ state: 'sent', attempts: 4 }, `Sent at ${at}. Pushbullet accepted attempt 4.`],
  [
    { state: 'sent', attempts: 1, history: [{ at, event: 'attempt', outcome: 'sent' }, { at: due, event: 'seen' }] },
    `Sent at ${at}. Pushbullet accepted the first attempt. The user opened it at ${due}.`
  ],
  [{ state: 'failed', attempts: 12, reason: 'not available now', history: [{ at, event: 'attempt', outcome: 'gaveUp' }] }, `Failed at ${at} after 12 attempts. Reason of the last one: not available now.`],
  [{ state: 'failed', attempts: 1, reason: 'parameter url refused', history: [{ at, event: 'attempt', outcome: 'rejected' }] }, `Failed at ${at}. Reason: parameter url refused. A retry would not help.`],
  [{ state: 'expired', reason: 'expired' }, `Expired at ${at} before it was sent.`],
  [{ state: 'skipped', reason: 'disconnected' }, `Skipped at ${at}, because the user disconnected Pushbullet.`],
  [{ state: 'canceled', reason: 'canceled' }, `Canceled at ${at}.`]
]

for (const [change, sentence] of cases) {
  t.equal(explainDelivery({ ...base, ...change }, 'Pushbullet'), sentence, `the explanation is: ${sentence}`)
}

const states: Record<DeliveryState, true> = {
  queued: true,
  sending: true,
  retrying: true,
  parked: true,
  sent: true,
  failed: true,
  unknown: true,
  canceled: true,
  expired: true,
  skipped: true
}

/** All reasons in the sources, and texts of providers. */
async function listReasons (): Promise<string[]> {
  const folders = ['packages/http', 'packages/clients', 'packages/shared', 'apps/worker']
    .map((path) => fileURLToPath(new URL(`../../../../${path}/src`, import.meta.url)))
  const files = await Promise.all(folders.map(async (folder) => {
    return (await readdir(folder, { recursive: true })).map((name) => join(folder, name))
  }))
  const sources = await Promise.all(files.flat().filter((file) => file.endsWith('.ts')).map((file) => readFile(file, 'utf8')))
  return sources.flatMap((source) => [...source.matchAll(/reason: '((?:[^'\\]|\\.)+)'/g)].map(([, text = '']) => text.replaceAll("\\'", "'")))
}

t.test('explains every state with every reason in complete sentences', async (t) => {
  const reasons = new Set([...await listReasons(), 'Says the server: no.', null])
  t.ok(reasons.size > 50)
  const events = ['queued', 'attempt', 'wait', 'released', 'retried', 'paused'] as const
  const wrong = new Set<string>()
  for (const state of Object.keys(states) as DeliveryState[]) {
    for (const reason of reasons) {
      for (const event of events) {
        for (const dueAt of [null, new Date(due)]) {
          const text = explainDelivery({ ...base, state, reason, dueAt, attempts: 1, history: [{ at, event }] }, 'Pushbullet')
          const bare = reason === null ? text : text.replace(reason.replace(/\.$/, ''), 'X')
          if (!/^(?:[A-Z][^.]*(?:\.\d{3}Z[^.]*)?\. ?)+$/.test(bare) || /undefined|null|\b(\w+) \1\b|\.\./.test(text)) wrong.add(text)
        }
      }
    }
  }
  t.same([...wrong], [])
})
