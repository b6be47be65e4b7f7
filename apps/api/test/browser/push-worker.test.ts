import { findDelivery, sealSeenToken } from '@carillon/shared/deliveries'
import { newId, parseId } from '@carillon/shared/db'
import { until } from '@carillon/testing'
import t from 'tap'
import { openTestApi, textAt } from '../open-api.ts'
import { noChromium, openChromium } from '@carillon/testing/chromium'

// Chromium subscribes only at Google. So its debugger delivers the messages, decrypted.
t.test('our service worker', { skip: noChromium }, async (t) => {
  const api = await openTestApi(t, { offer: ['webpush'] })
  const context = await (await openChromium(t)).newContext()
  await context.grantPermissions(['notifications'], { origin: api.url })
  const page = await context.newPage()
  const debugging = await context.newCDPSession(page)
  const registrationId = new Promise<string>((resolve) => {
    debugging.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [first] }) => { if (first !== undefined) resolve(first.registrationId) })
  })
  await debugging.send('ServiceWorker.enable')
  const opened = context.waitForEvent('serviceworker')
  await page.goto(`${api.url}/`)
  await page.evaluate('navigator.serviceWorker.register("/connect/webpush/worker.js").then(() => {})')
  const worker = await opened
  await worker.evaluate('new Promise((resolve) => { if (self.registration.active) resolve(); else self.addEventListener("activate", resolve) })')
  const deliver = async (data: string) => {
    await debugging.send('ServiceWorker.deliverPushMessage', { origin: api.url, registrationId: await registrationId, data })
  }
  const onScreen = async (): Promise<Array<Record<string, unknown>>> => JSON.parse(await worker.evaluate(`self.registration.getNotifications().then((all) =>
    JSON.stringify(all.map(({ title, body, tag, requireInteraction, actions }) => ({ title, body, tag, requireInteraction, actions }))))`))
  // On a busy machine Chromium drops a message now and then, and its debugger reports no error. So this delivers it again.
  const show = async (title: string, data: string, count = 1) => {
    let deliveries = 0
    return await until(async () => {
      if (deliveries++ % 20 === 0) await deliver(data)
      return (await onScreen()).filter((each) => each['title'] === title)[count - 1]
    }, { everyMs: 250, what: title })
  }

  await t.test('shows a message, replaces it by one with the same tag, and shows what it cannot read', async (t) => {
    const notification = {
      title: 'Goal', body: '1:0', tag: 'match', requireInteraction: true, actions: [{ action: '0', title: 'Watch', navigate: 'https://shop.example/' }]
    }
    t.match(await show('Goal', JSON.stringify({ web_push: 8030, notification })), { body: '1:0', tag: 'match', requireInteraction: true, actions: [{ action: '0', title: 'Watch' }] })
    await show('Another goal', JSON.stringify({ web_push: 8030, notification: { ...notification, title: 'Another goal' } }))
    t.equal((await onScreen()).length, 1)
    for (const [index, unreadable] of ['', 'no JSON', '{"notification": null}'].entries()) await show('New notification', unreadable, index + 1)
  })

  await t.test('reports a click to Carillon, which records that the user opened the message', async (t) => {
    const { database, services: { accepter, vault } } = api
    const token = await api.makeUser('ann')
    const { body } = await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'webpush' } })
    const subscription = await api.control('POST', '/webpush/browsers', { account: 'ann' })
    const connected = await api.ask('POST', `/v1/handshakes/${textAt(body, 'id')}/subscription`, { token, body: subscription })
    const connectionId = parseId('connection', textAt(connected.body, 'connectionId')) ?? ''
    const notificationId = newId()
    await accepter.accept({ id: notificationId, origin: 'api', audience: { userIds: ['ann'] }, message: { type: 'note', title: 'Hello' } })
    await database.sql`
      update deliveries set state = 'sent', due_at = null, job_id = null, attempts = 1, receipt = '{"id":"1"}'
      where notification_id = ${notificationId}`
    const seen = sealSeenToken(vault, [notificationId, connectionId])
    const navigate = `${api.url}/connect`
    await show('Click', JSON.stringify({ web_push: 8030, notification: { title: 'Click', tag: 'click', navigate, data: { seen } } }))
    await worker.evaluate(`self.registration.getNotifications({ tag: 'click' }).then(([notification]) => {
      self.dispatchEvent(new NotificationEvent('notificationclick', { notification }))
    })`)
    await until(async () => (await findDelivery(database, notificationId, connectionId))?.history.some(({ event }) => event === 'seen'), {
      what: 'the click in the history of the delivery'
    })
    t.notOk((await onScreen()).some((each) => each['title'] === 'Click'), 'a click closes the notification')
  })
})
