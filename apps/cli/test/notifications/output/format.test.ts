import t from 'tap'
import { audienceOf } from '../../../src/notifications/output/format.ts'

t.test('names a few recipients, and counts more', async (t) => {
  const providers = null
  t.equal(audienceOf({ audience: { userIds: ['ann', 'bob'] }, audienceCount: 2, providers }), 'ann, bob')
  t.equal(audienceOf({ audience: { userIds: ['ann', 'bob', 'cleo'] }, audienceCount: 10_000, providers }), '10,000 users')
  t.equal(audienceOf({ audience: { teamIds: ['crew'] }, audienceCount: 1, providers: ['pushbullet'] }), 'members of crew (pushbullet)')
  t.equal(audienceOf({ audience: { everyone: true }, audienceCount: null, providers }), 'everyone')
})
