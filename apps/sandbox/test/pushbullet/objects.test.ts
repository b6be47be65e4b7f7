import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)

t.test('creates, changes and deletes devices, beside the phone that every account has', async (t) => {
  const { v2 } = await sandbox.join()
  t.match((await v2('GET', '/devices')).json, { devices: [{ icon: 'phone', nickname: /phone/ }] })

  const body = { nickname: 'Desk', model: 'One', manufacturer: 'Acme', push_token: 'p', app_version: 3, icon: 'desktop', has_sms: false, x: 1 }
  const { status, json } = await v2('POST', '/devices', { body })
  t.equal(status, 200)
  const { has_sms: _, x, ...kept } = body
  t.match(json, { ...kept, iden: String, active: true, created: Number, modified: Number, generated_nickname: 'Acme One' })
  t.same(['has_sms', 'x'].filter((key) => key in json), [])

  t.match(await v2('POST', `/devices/${json['iden']}`, { body: { nickname: 'Table' } }), { status: 200, json: { nickname: 'Table', model: 'One' } })
  t.equal((await v2('DELETE', `/devices/${json['iden']}`)).text, '{}')
  t.match((await v2('GET', '/devices?active=true')).json, { devices: { length: 1 } })
  t.match(await v2('POST', `/devices/${json['iden']}`, { body: {} }), { status: 404 })
  t.match(await v2('POST', '/pushes', { body: { type: 'note', device_iden: json['iden'] } }), { status: 400, json: { error: { param: 'device_iden' } } })
  t.match(await v2('POST', '/devices', { body: { icon: 'toaster' } }), { status: 400, json: { error: { param: 'icon' } } })
})

t.test('stores chats, with accounts and with other addresses', async (t) => {
  const { v2 } = await sandbox.join()
  const friend = await sandbox.join()
  const { json: chat } = await v2('POST', '/chats', { body: { email: `${friend.account}@pushbullet.example` } })
  t.match(chat, { iden: String, active: true, with: { type: 'user', iden: String, email: `${friend.account}@pushbullet.example` } })
  const { json: other } = await v2('POST', '/chats', { body: { email: 'x@else.example' } })
  t.match(other, { with: { type: 'email', email: 'x@else.example' } })

  t.match(await v2('POST', `/chats/${chat['iden']}`, { body: { muted: true } }), { status: 200, json: { muted: true } })
  t.match((await v2('GET', '/chats')).json, { chats: [{ muted: true }, { iden: other['iden'] }] })
  t.equal((await v2('DELETE', `/chats/${chat['iden']}`)).text, '{}')
  t.match(await v2('DELETE', `/chats/${chat['iden']}`), { status: 404 })
  t.match(await v2('POST', '/chats', { body: {} }), { status: 400, json: { error: { param: 'email' } } })
})

t.test('delivers pushes to a channel to its subscribers', async (t) => {
  const owner = await sandbox.join()
  const reader = await sandbox.join()
  const { json: channel } = await owner.v2('POST', '/channels', { body: { tag: 'bells', name: 'Bells', description: 'All of them' } })
  t.match((await owner.v2('GET', '/channels')).json, { channels: [{ tag: 'bells' }] })
  t.match(await reader.v2('POST', '/channels', { body: { tag: 'bells' } }), { status: 400, json: { error: { param: 'tag' } } })

  const { json: subscription } = await reader.v2('POST', '/subscriptions', { body: { channel_tag: 'bells' } })
  t.match(subscription, { iden: String, active: true, channel: { iden: channel['iden'], tag: 'bells', name: 'Bells' } })
  t.match(await reader.v2('POST', '/subscriptions', { body: { channel_tag: 'none' } }), { status: 400, json: { error: { param: 'channel_tag' } } })

  t.match(await reader.v2('POST', '/pushes', { body: { type: 'note', channel_tag: 'bells' } }), { status: 400, json: { error: { param: 'channel_tag' } } })
  const { json: push } = await owner.v2('POST', '/pushes', { body: { type: 'note', body: 'ding', channel_tag: 'bells' } })
  t.match(push, { channel_iden: channel['iden'] })
  t.match(await sandbox.inbox(`&account=${reader.account}`), [{ item: { body: 'ding', channel_iden: channel['iden'], direction: 'incoming' } }])

  t.match((await reader.v2('GET', '/subscriptions')).json, { subscriptions: [{ channel: { tag: 'bells' } }] })
  t.match(await reader.v2('POST', `/subscriptions/${subscription['iden']}`, { body: { muted: true } }), { json: { muted: true } })
  t.equal((await reader.v2('DELETE', `/subscriptions/${subscription['iden']}`)).text, '{}')
  await owner.v2('POST', '/pushes', { body: { type: 'note', body: 'dong', channel_tag: 'bells' } })
  t.equal((await sandbox.inbox(`&account=${reader.account}`)).length, 1)
})

t.test('describes a channel without a token, and omits its owner', async (t) => {
  const owner = await sandbox.join()
  const { json: { iden } } = await owner.v2('POST', '/channels', { body: { tag: 'open', name: 'Open' } })
  await owner.v2('POST', '/subscriptions', { body: { channel_tag: 'open' } })
  await owner.v2('POST', '/pushes', { body: { type: 'note', body: 'ding', channel_tag: 'open' } })

  const { status, json, text } = await sandbox.call('GET', '/pushbullet/v2/channel-info?tag=open')
  t.equal(status, 200)
  t.match(json, { iden, name: 'Open', tag: 'open', subscriber_count: 1, recent_pushes: [{ type: 'note', body: 'ding' }] })
  t.notMatch(text, owner.account)
  t.notOk('recent_pushes' in (await sandbox.call('GET', '/pushbullet/v2/channel-info?tag=open&no_recent_pushes=true')).json)
  t.match(await sandbox.call('GET', '/pushbullet/v2/channel-info?tag=none'), { status: 400, json: { error: { param: 'tag' } } })
})

t.test('accepts text messages for a phone', async (t) => {
  const { account, v2 } = await sandbox.join()
  const { json } = await v2('GET', '/devices')
  const [{ iden: phone }] = json['devices'] as [{ iden: string }]
  const data = { target_device_iden: phone, addresses: ['+15550100'], message: 'hi', guid: 'g' }
  const { status, json: text } = await v2('POST', '/texts', { body: { data } })
  t.equal(status, 200)
  t.match(text, { iden: String, active: true, data })
  t.match(await v2('POST', `/texts/${text['iden']}`, { body: { data: { status: 'sent' } } }), { json: { data: { ...data, status: 'sent' } } })
  t.equal((await v2('DELETE', `/texts/${text['iden']}`)).text, '{}')
  t.match(await sandbox.inbox(`&account=${account}`), [{ item: { type: 'text', data } }])
  for (const [param, changes] of [['target_device_iden', { target_device_iden: 'x' }], ['addresses', { addresses: [] }]] as const) {
    t.match(await v2('POST', '/texts', { body: { data: { ...data, ...changes } } }), { status: 400, json: { error: { param } } })
  }
})

t.test('delivers ephemerals and returns {}', async (t) => {
  const { account, v2 } = await sandbox.join()
  const push = { type: 'mirror', title: 'Call', body: 'Mum' }
  t.match(await v2('POST', '/ephemerals', { body: { type: 'push', push } }), { status: 200, text: '{}' })
  t.match(await sandbox.inbox(`&account=${account}`), [{ item: { type: 'ephemeral', push } }])
  t.equal((await v2('GET', '/pushes')).text, '{}')
  t.match(await v2('POST', '/ephemerals', { body: { type: 'note', push } }), { status: 400 })
  t.match(await v2('POST', '/ephemerals', { body: new URLSearchParams({ type: 'push' }) }), { status: 400 })
})
