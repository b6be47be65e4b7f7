import { until } from '@carillon/testing'
import t from 'tap'
import { item, logInAndAuthorize, outcome, untilFocused } from './on-pages.ts'
import { noChromium } from '@carillon/testing/chromium'
import { openVisits } from './open-visits.ts'

t.test('connecting by a verifier or a code on the plain pages', { skip: noChromium }, async (t) => {
  const { visit, pumpioHost, site } = await openVisits(t)

  await t.test('connects pump.io by a verifier, with a wrong one first', async (t) => {
    await site.control('POST', '/quirks', { provider: 'pumpio', quirk: 'ignoresVerifier', on: false })
    t.teardown(() => site.control('POST', '/quirks', { provider: 'pumpio', quirk: 'ignoresVerifier', on: true }))
    const { page, complaints, inspect } = await visit(t, 'vera')
    await page.getByLabel('Your account at pump.io').fill(`vera@${pumpioHost}`)
    await page.getByRole('button', { name: 'Paste a verifier: pump.io' }).click()
    await page.waitForURL(/\/start/)
    const field = page.getByLabel('Verifier')
    await inspect('the verifier page')
    const [tab] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: 'Open pump.io' }).click()])
    await logInAndAuthorize(tab, 'vera')
    const verifier = await tab.locator('#verifier').innerText()

    await field.fill('not it')
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.getByRole('alert').waitFor()
    t.match(await page.getByRole('alert').innerText(), /^The verifier is wrong/)
    await t.resolves(untilFocused(field))
    await inspect('a wrong verifier')
    await field.fill(` ${verifier} `)
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.locator('#outcome').waitFor()
    t.equal(await outcome(page), 'pump.io is connected.')
    t.match(complaints.splice(0), [/status of 422/])
  })

  await t.test("connects Blot're by a code that the user enters in another tab", async (t) => {
    const { page, complaints, inspect } = await visit(t, 'cora')
    await page.getByRole('button', { name: "Use a code: Blot're" }).click()
    const code = await page.locator('.code code').innerText()
    t.match(code, /^\w{8}$/)
    await inspect('the code page')
    await t.resolves(page.locator('#left', { hasText: /^Expires in (20:00|19:\d\d)\.$/ }).waitFor())
    const before = await page.locator('#left').innerText()
    await until(async () => await page.locator('#left').innerText() !== before, { what: 'the countdown' })
    t.same(await page.getByRole('button').allInnerTexts(), ['Cancel'], 'the page has no button to check the code')

    const [tab] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: "Open Blot're" }).click()])
    t.equal(await tab.evaluate('opener'), null)
    await tab.getByLabel('Code').fill(code)
    await tab.getByLabel('Redeem as').fill('cora')
    await tab.getByRole('button', { name: 'Redeem' }).click()
    await tab.getByRole('button', { name: 'Allow' }).click()
    await tab.getByText('Way to go!').waitFor()
    await page.locator('#outcome').waitFor()
    t.equal(await outcome(page), "Blot're is connected.")
    t.match(await item(page, 'blotre').innerText(), /connected as cora/)
    t.same(complaints, [])
    t.match(page.url(), /\/connect$/)
  })
})
