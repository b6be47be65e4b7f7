import t from 'tap'
import { openTeamApi } from '../open-team-api.ts'
import { item, outcome } from './on-pages.ts'
import { noChromium, openChromium } from '@carillon/testing/chromium'
import { inspect } from './open-visits.ts'

t.test('connections of a team on the plain pages', { skip: noChromium }, async (t) => {
  const { api, put, tokenOf } = await openTeamApi(t, { offer: ['pushbullet', 'blotre'] })
  const chromium = await openChromium(t)
  await api.makeUser('olive', 'Olive')
  await api.makeUser('mia', 'Mia')
  await put('Crew', 'olive', 'max', 'mia')
  const visit = async (userId: string, teamId?: string) => {
    const page = await (await chromium.newContext()).newPage()
    t.teardown(() => page.context().close())
    await page.goto(`${api.url}/connect#token=${await tokenOf(userId, teamId)}`)
    await page.getByRole('listitem').nth(1).waitFor()
    return page
  }

  await t.test('can be connected and disconnected by the owner', async (t) => {
    const page = await visit('olive', 'crew')
    t.match(await item(page, 'pushbullet').innerText(), /not connected for team Crew/)
    t.match(await item(page, 'blotre').innerText(), /not connected\s/, 'her own connection does not appear as connected')
    await page.getByRole('button', { name: 'Connect: Pushbullet', exact: true }).click()
    await page.waitForURL(/\/start/)
    t.equal(await page.getByRole('heading').innerText(), 'Connect Pushbullet for team Crew at Bell & Sons')
    await inspect(t, page, 'the confirmation for a team')
    await page.getByRole('button', { name: 'Connect Pushbullet' }).click()
    await page.getByLabel('Grant as').fill('olive')
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.locator('#outcome').waitFor()
    t.equal(await outcome(page), 'Pushbullet is connected.')
    await item(page, 'pushbullet').getByText('connected for team Crew by Olive as Olive').waitFor()
    t.equal(await item(page, 'pushbullet').getByRole('button', { name: 'Disconnect' }).count(), 1)
    await inspect(t, page, 'connected for a team')
  })

  await t.test('are shown to a member, with the user who connected them and the owner', async (t) => {
    const page = await visit('max', 'crew')
    t.match(await item(page, 'pushbullet').innerText(), /connected for team Crew by Olive as Olive/)
    t.equal(await item(page, 'pushbullet').getByRole('button').count(), 0)
    t.ok(await item(page, 'blotre').getByRole('button').count() > 0)
    await inspect(t, page, 'a member')

    await put('Crew', 'mia', 'max')
    await api.database.sql`update connections set status = 'needsReauth', status_reason = 'it was revoked' where team_id is not null`
    await page.reload()
    await item(page, 'pushbullet').getByText('no longer accepts our access for team Crew (it was revoked). Ask Mia to reconnect it.').waitFor()
    const mia = await visit('mia', 'crew')
    await item(mia, 'pushbullet').getByText('no longer accepts our access for team Crew (it was revoked). Reconnect it.').waitFor()
    await item(mia, 'pushbullet').getByRole('button', { name: 'Disconnect' }).click()
    await item(mia, 'pushbullet').getByText('not connected for team Crew').waitFor()
    await page.reload()
    await item(page, 'pushbullet').getByText('not connected for team Crew: ask Mia to connect it').waitFor()
  })

  await t.test('require the user to choose a team', async (t) => {
    const page = await visit('max')
    t.match(await item(page, 'pushbullet').innerText(), /is connected for a team\. Choose a team on the site/)
    t.equal(await item(page, 'pushbullet').getByRole('button').count(), 0)
    await inspect(t, page, 'no team')
  })
})
