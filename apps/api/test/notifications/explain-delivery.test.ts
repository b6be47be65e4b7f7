import type { ExplainedDelivery } from '@carillon/shared/deliveries'
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
  [{ dueAt: new Date(at) }, `Waiting since ${at} to be picked up by a worker.`],
  [{ dueAt: new Date(due) }, `Scheduled: it is due at ${due}.`],
  [{ dueAt: new Date(at), history: [{ at, event: 'released' }] }, `Released at ${at}, because the user has connected Pushbullet again; it waits to be picked up.`],
  [{ state: 'sending', attempts: 1 }, 'Being sent to Pushbullet right now, as attempt 2.'],
  [{ state: 'retrying', attempts: 1, reason: 'cannot answer now', dueAt: new Date(due) }, `The first attempt failed (cannot answer now). It is due again at ${due}.`],
  [{ state: 'retrying', attempts: 0, reason: 'rateLimited', dueAt: new Date(due) }, `It has to wait its turn, because Pushbullet is sent no more than it allows, which costs no attempt. It is due again at ${due}.`],
  [{ state: 'retrying', attempts: 1, reason: 'breakerOpen', dueAt: new Date(due) }, `Pushbullet does not answer well, so nothing is sent there for now, which costs no attempt. It is due again at ${due}.`],
  [{ state: 'queued', reason: 'breakerOpen', dueAt: new Date(due), history: [{ at, event: 'wait' }] }, `Pushbullet does not answer well, so nothing is sent there for now, which costs no attempt. It is due again at ${due}.`],
  [{ history: [{ at, event: 'paused' }] }, `Held since ${at}, because its notification is paused; it goes on when that is resumed.`],
  [{ state: 'retrying', reason: 'paused', history: [{ at, event: 'paused' }] }, `Held since ${at}, because its notification is paused; it goes on when that is resumed.`],
  [{ dueAt: new Date(at), history: [{ at, event: 'retried' }] }, `Tried again since ${at}, because an operator asked for it; it waits to be picked up.`],
  [{ state: 'retrying', reason: 'handedBack', dueAt: new Date(due) }, `A worker that was stopping handed it back untried. It is due again at ${due}.`],
  [{ state: 'parked', reason: 'access token is not accepted' }, `Parked since ${at}: Pushbullet says that the access token is not accepted; it goes out when the user reconnects.`],
  [{ state: 'sent', attempts: 1 }, `Sent at ${at}: Pushbullet took it on the first attempt.`],
  [{ state: 'sent', attempts: 4 }, `Sent at ${at}: Pushbullet took it on attempt 4.`],
  [{ state: 'failed', attempts: 12, reason: 'cannot answer now', history: [{ at, event: 'attempt', outcome: 'gaveUp' }] }, `Given up at ${at} after 12 attempts; the last ended with: cannot answer now.`],
  [{ state: 'failed', attempts: 1, reason: 'parameter url refused', history: [{ at, event: 'attempt', outcome: 'rejected' }] }, `Failed at ${at} for good: parameter url refused. Trying again would not help.`],
  [{ state: 'expired', reason: 'expired' }, `Expired at ${at}, before it could be sent.`],
  [{ state: 'skipped', reason: 'disconnected' }, `Skipped at ${at}: the user has disconnected Pushbullet.`],
  [{ state: 'canceled', reason: 'canceled' }, `Canceled at ${at}.`]
]

for (const [change, sentence] of cases) {
  t.equal(explainDelivery({ ...base, ...change }, 'Pushbullet'), sentence, `says: ${sentence}`)
}
