import t from 'tap'
import { saveConnections } from '@carillon/shared/connections'
import { ensureUser } from '@carillon/shared/users'
import { openAddressApi } from '../handshakes/open-address-api.ts'
import { noChromium, openChromium } from '@carillon/testing/chromium'
import { inspect } from './open-visits.ts'

t.test('a user with several accounts of one provider mutes and disconnects one of them', { skip: noChromium }, async (t) => {
  const { api } = await openAddressApi(t, 'many')
  const token = await api.makeUser('ann', 'Ann')
  const { id: userId } = await ensureUser(api.database, { externalId: 'ann' })
  await saveConnections(api.database, api.services.vault, ['home@coop', 'work@coop'].map((id) => ({
    userId, provider: 'dove', grant: { credentials: { accessToken: id }, account: { id, name: id } }
  })), () => ({ accounts: 'many', canRevoke: false }))
  const chromium = await openChromium(t)
  const page = await (await chromium.newContext()).newPage()
  await page.goto(`${api.url}/connect#token=${token}`)
  const doves = page.locator('li[data-provider="dove"]')
  const line = (name: string) => doves.locator('li').filter({ hasText: name })
  await t.resolves(doves.getByRole('button', { name: 'Connect another: Dove Post' }).waitFor())
  t.equal(await doves.locator('li').count(), 2)
  await inspect(t, page, 'several accounts')

  await line('home@coop').getByRole('button', { name: 'Mute: home@coop' }).click()
  await t.resolves(line('home@coop').getByRole('button', { name: 'Unmute: home@coop' }).waitFor())
  t.match(await line('home@coop').textContent(), /It is muted/)
  t.notMatch(await line('work@coop').textContent(), /muted/)
  await line('home@coop').getByRole('button', { name: 'Unmute: home@coop' }).click()
  await t.resolves(line('home@coop').getByRole('button', { name: 'Mute: home@coop' }).waitFor())

  await line('work@coop').getByRole('button', { name: 'Disconnect: work@coop' }).click()
  await t.resolves(page.locator('#hint', { hasText: 'work@coop is disconnected.' }).waitFor())
  t.equal(await doves.locator('li').count(), 1)
  const rows = await api.database.sql`select account_id, status, muted from connections order by account_id`
  t.same(rows.map((row) => ({ ...row })), [
    { account_id: 'home@coop', status: 'active', muted: null }, { account_id: 'work@coop', status: 'revoked', muted: null }
  ])
})
