import t from 'tap'
import { openTeamPulls } from '../v1/pulls/open-team-pulls.ts'
import { item, outcome } from './on-pages.ts'
import { noChromium, openChromium } from '@carillon/testing/chromium'
import { inspect } from './open-visits.ts'

t.test('the data that the plain pages show about a team', { skip: noChromium }, async (t) => {
  const { api, put, pulled, tokenOf } = await openTeamPulls(t)
  const chromium = await openChromium(t)
  await api.makeUser('olive', 'Olive')
  const visit = async (userId: string, teamId: string) => {
    const page = await (await chromium.newContext()).newPage()
    t.teardown(() => page.context().close())
    await page.goto(`${api.url}/connect#token=${await tokenOf(userId, teamId)}`)
    await item(page, 'facebook').waitFor()
    return page
  }

  await t.test('asks an owner again for a permission that the owner has not granted', async (t) => {
    await put('Crew', 'olive', 'max')
    const page = await visit('olive', 'crew')
    t.match(await item(page, 'facebook').innerText(), /not connected for team Crew/)
    await page.getByRole('button', { name: 'Connect: Facebook', exact: true }).click()
    await page.waitForURL(/\/start/)
    t.match(await page.locator('main').innerText(), /can use your account there for everyone in Crew/)
    await page.getByRole('button', { name: 'Connect Facebook' }).click()
    await page.getByLabel('Grant as').fill('olive')
    await page.getByLabel('ads_read').uncheck()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.locator('#outcome').waitFor()
    t.equal(await outcome(page), 'Facebook is connected.')
    await item(page, 'facebook').getByText('connected for team Crew by Olive as olive. You did not allow: ads_read').waitFor()
    await inspect(t, page, 'something is not allowed')

    await page.getByRole('button', { name: 'Reconnect to allow it: Facebook' }).click()
    await page.getByRole('button', { name: 'Connect Facebook' }).click()
    await page.getByLabel('Grant as').fill('olive')
    t.ok(await page.getByLabel('ads_read').isChecked(), 'the page asks for the permission again')
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.locator('#outcome').waitFor()
    await item(page, 'facebook').getByText('connected for team Crew by Olive as olive').waitFor()
    t.notMatch(await item(page, 'facebook').innerText(), /did not allow/)
  })

  await t.test('shows the last pull and why it failed since, and lets the owner request one', async (t) => {
    await put('Readers', 'olive', 'max')
    const { id } = await pulled('readers', {})
    const page = await visit('olive', 'readers')
    await item(page, 'facebook').getByText(/connected for team Readers by Olive as The page; read \d/).waitFor()
    await page.getByRole('button', { name: 'Read now: Facebook' }).click()
    await page.getByText('Facebook is being read.').waitFor()
    await inspect(t, page, 'it is read')
    t.match(await api.database.sql`select due_at <= now() as due from pulls where connection_id = ${id.slice(4)}`, [{ due: true }])

    await api.database.sql`update pulls set reason = 'rateLimited', due_at = now() + interval '12 minutes'`
    const later = await visit('olive', 'readers')
    await item(later, 'facebook').getByText(/; read \d.*\. It is read again at \d.*, because its rate limit is reached/).waitFor()
    await later.getByRole('button', { name: 'Read now: Facebook' }).click()
    await later.getByText('Facebook is read as soon as its rate limit allows.').waitFor()

    await api.database.sql`update pulls set failed_at = now(), failure = 'permission is missing (#200)'`
    const member = await visit('max', 'readers')
    await item(member, 'facebook').getByText(/; read \d.*\. The last attempt failed: permission is missing \(#200\)/).waitFor()
    t.equal(await item(member, 'facebook').getByRole('button').count(), 0)
  })
})
