import type { Page } from 'playwright-core'
import t from 'tap'
import { item, logInAndAuthorize, outcome, untilFocused } from './on-pages.ts'
import { noChromium } from '@carillon/testing/chromium'
import { openVisits } from './open-visits.ts'

t.test('connecting by a redirect on the plain pages', { skip: noChromium }, async (t) => {
  const { visit, pumpioHost, site } = await openVisits(t)

  await t.test('lists the providers, and removes the token from the address', async (t) => {
    const { page, complaints, inspect } = await visit(t, 'lisa')
    await page.getByRole('listitem').nth(2).waitFor()
    t.match(await page.getByRole('listitem').allInnerTexts(), [/^Pushbullet\s+not connected/, /^pump\.io\s+not connected/, /^Blot're\s+not connected/])
    t.match(page.url(), /\/connect$/, 'the token is no longer in the address')
    await page.reload()
    await t.resolves(page.getByRole('listitem').nth(2).waitFor(), 'and outlives a reload')
    await inspect('the list')
    t.same(complaints, [])
  })

  await t.test('connects Pushbullet by a redirect after a denial, and disconnects it', async (t) => {
    const { page, complaints, inspect } = await visit(t, 'paula')
    for (const answer of ['Deny', 'Allow']) {
      await page.getByRole('button', { name: 'Connect: Pushbullet', exact: true }).click()
      await page.waitForURL(/\/start/)
      await inspect('the confirmation')
      t.match(await page.getByRole('heading').innerText(), 'Connect Pushbullet to your account at Bell & Sons')
      await page.getByRole('button', { name: 'Connect Pushbullet' }).click()
      await page.getByLabel('Grant as').fill('paula')
      await page.getByRole('button', { name: answer }).click()
      await page.locator('#outcome').waitFor()
      await t.resolves(page.waitForURL(/\/connect$/), 'it is not in the address any more')
      if (answer === 'Allow') break
      t.match(await outcome(page), /^You did not allow access\. Pushbullet reports/)
      t.equal(await page.getByRole('alert').count(), 1)
      await inspect('a denial')
    }
    t.equal(await outcome(page), 'Pushbullet is connected.')
    t.match(await item(page, 'pushbullet').innerText(), /connected as Paula/)
    await inspect('connected')

    await item(page, 'pushbullet').getByRole('button', { name: 'Disconnect' }).click()
    await item(page, 'pushbullet').getByText('not connected').waitFor()
    t.equal(await page.locator('#outcome').count(), 0)
    t.equal(await page.getByText('Pushbullet is disconnected.').getAttribute('role'), 'status')
    t.same(complaints, [])
  })

  await t.test('reconnects when the provider has lost the session of the user', async (t) => {
    const { page, complaints, inspect } = await visit(t, 'rita')
    await page.getByRole('button', { name: "Connect: Blot're", exact: true }).click()
    await page.getByRole('button', { name: "Connect Blot're" }).click()
    await page.getByLabel('Grant as').fill('rita')
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('button', { name: 'Do not connect it' }).waitFor()
    t.equal(await page.getByRole('heading').innerText(), "Connect the Blot're account rita to your account at Bell & Sons?")
    await inspect('the question whose account it is')
    await page.getByRole('button', { name: 'Do not connect it' }).click()
    await page.locator('#outcome').waitFor()
    t.match(await outcome(page), /^You declined this account\./)
    t.match(await item(page, 'blotre').innerText(), /not connected/)
    await allowBlotre(page, 'rita')
    const [connection] = (await site.api<{ data: Array<{ id: string }> }>('GET', '/v1/connections?userId=rita')).data
    await site.control('POST', '/tokens/revoke', { provider: 'blotre', account: 'rita' })
    await site.api('POST', `/v1/connections/${connection?.id}/test`)
    await page.reload()
    await item(page, 'blotre').getByText('no longer accepts our access').waitFor()
    await allowBlotre(page, 'rita')
    const after = (await site.api<{ data: Array<{ id: string, status: string }> }>('GET', '/v1/connections?userId=rita')).data
    t.match(after, [{ id: connection?.id, status: 'active' }])
    t.same(complaints, [])
  })

  await t.test('connects pump.io by a redirect, once the account is valid', async (t) => {
    const { page, complaints, inspect } = await visit(t, 'pam')
    const account = page.getByLabel('Your account at pump.io')
    const connect = page.getByRole('button', { name: 'Connect: pump.io', exact: true })
    await connect.click()
    await t.resolves(untilFocused(account), 'an empty one leaves no further than the browser')
    await account.fill('nobody')
    await connect.click()
    await page.getByRole('alert').waitFor()
    t.match(await page.getByRole('alert').innerText(), /^This account is /)
    await t.resolves(untilFocused(account))
    t.equal(await account.getAttribute('aria-invalid'), 'true')
    await inspect('a wrong account')

    await account.fill('pam@127.0.0.1:9')
    await connect.click()
    await page.getByRole('button', { name: 'Connect pump.io' }).click()
    await page.locator('#outcome').waitFor()
    t.match(await outcome(page), /^That host is not allowed\./)

    await account.fill(`pam@${pumpioHost}`)
    await connect.click()
    await page.waitForURL(/\/start/)
    await inspect('the confirmation with an account')
    t.match(await page.locator('main').innerText(), `for pam@${pumpioHost}`)
    await page.getByRole('button', { name: 'Connect pump.io' }).click()
    await logInAndAuthorize(page, 'pam')
    t.equal(await outcome(page), 'pump.io is connected.')
    t.match(await item(page, 'pumpio').innerText(), `connected as pam@${pumpioHost}`)
    t.match(complaints.splice(0), [/status of 400/], 'the browser reports the refused request')
  })
})

async function allowBlotre (page: Page, account: string): Promise<void> {
  await page.getByRole('button', { name: "Connect: Blot're", exact: true }).click()
  await page.getByRole('button', { name: "Connect Blot're" }).click()
  await page.getByLabel('Grant as').fill(account)
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByRole('button', { name: 'Connect this account' }).click()
  await item(page, 'blotre').getByText(`connected as ${account}`).waitFor()
}
