import t from 'tap'
import { createColors } from '../../src/colors.ts'
import { describeUser } from '../../src/operator/describe-explanation.ts'

const output = { named: (text: string) => text, colors: createColors(process.stdout, { NO_COLOR: '1' }) }

t.test('says how far back notifications without a delivery were searched, unless the list is complete', async (t) => {
  const explained = { userId: 'ann', isKnown: true, explanation: 'ann has not connected an account.', nextStep: null, connections: [], notifications: [] }
  t.same(describeUser({ ...explained, onlyDeliveredBefore: null }, output), ['ann has not connected an account.'])
  t.same(describeUser({ ...explained, onlyDeliveredBefore: '2026-11-30T10:00:00.000Z' }, output), [
    'ann has not connected an account.',
    '',
    'Notifications that reached no connection of ann were searched back to 2026-11-30',
    '10:00:00Z. Name an earlier one to explain it.'
  ])
})
