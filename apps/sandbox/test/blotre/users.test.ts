import t from 'tap'
import { openTestBlotre } from './open-test-blotre.ts'

const blotre = await openTestBlotre(t)

t.test('returns a user without a token', async (t) => {
  const { account, userId, rootStream } = await blotre.member()
  const { status, json } = await blotre.read(`/user/${userId}`)
  t.equal(status, 200)
  t.same(json, { id: userId, userName: account, rootStream })
})

t.test('returns 404 without a body for an unknown user', async (t) => {
  for (const id of ['0123456789abcdef01234567', 'nonsense']) {
    const { status, text, headers } = await blotre.read(`/user/${id}`)
    t.equal(status, 404)
    t.equal(text, '')
    t.equal(headers.get('content-length'), '0')
  }
})

t.test('has one account for names that differ in case', async (t) => {
  const users = []
  for (const account of ['Jo Ann', 'jo ann', ' JO ANN ']) users.push((await blotre.redeemCode(await blotre.code(account))).json['user'])
  t.match(users[0], { userName: 'Jo Ann' })
  t.same(users[1], users[0])
  t.same(users[2], users[0])
  const { rootStream } = users[0] as { rootStream: string }
  t.match((await blotre.read(`/stream/${rootStream}`)).json, { name: 'Jo Ann', uri: 'jo+ann' })
})
