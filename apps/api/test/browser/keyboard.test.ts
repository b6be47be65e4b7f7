import { until } from '@carillon/testing'
import type { Page } from 'playwright-core'
import t from 'tap'
import { item, outcome, untilFocused } from './on-pages.ts'
import { noChromium } from '@carillon/testing/chromium'
import { openVisits } from './open-visits.ts'

t.test('the plain pages', { skip: noChromium }, async (t) => {
  const { apiUrl, pumpioHost, site, visit } = await openVisits(t)

  await t.test('work with only the keyboard', async (t) => {
    const { page, complaints } = await visit(t, 'kim')
    await item(page, 'blotre').waitFor()
    const names: string[] = []
    for (let stops = 0; stops < 6; stops++) {
      await page.keyboard.press('Tab')
      names.push(await focused(page))
    }
    t.same(names, [
      'Connect: Pushbullet', 'Your account at pump.io', 'Connect: pump.io', 'Paste a verifier: pump.io', "Connect: Blot're", "Use a code: Blot're"
    ], 'in reading order')

    for (let back = 0; back < 4; back++) await page.keyboard.press('Shift+Tab')
    await page.keyboard.type('nobody')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    t.equal(await focused(page), 'Your account at pump.io', 'the error is in the focused field')
    await page.keyboard.press('Control+A')
    await page.keyboard.type(`kim@${pumpioHost}`)
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/start/)
    await page.keyboard.press('Tab')
    t.equal(await focused(page), 'Connect pump.io')
    await page.keyboard.press('Tab')
    t.equal(await focused(page), 'Cancel')
    await page.keyboard.press('Enter')
    t.match(await outcome(page), /^You canceled\. Nothing was connected\./)
    await t.resolves(untilFocused(page.locator('#outcome')), 'what has come of it is read first')
    complaints.length = 0
  })

  await t.test('keep the focus when the list changes', async (t) => {
    const { page, complaints } = await visit(t, 'ken')
    await site.connect('ken')
    await page.reload()
    const disconnect = page.getByRole('button', { name: 'Disconnect: Pushbullet' })
    await disconnect.focus()
    await page.keyboard.press('Enter')
    await item(page, 'pushbullet').getByText('not connected').waitFor()
    await until(async () => await focused(page) === 'Connect: Pushbullet')
    t.same(complaints, [])
  })

  await t.test('explain an invalid link', async (t) => {
    const { page, complaints, inspect } = await visit(t, 'lena')
    await item(page, 'blotre').waitFor()
    await page.goto(`${apiUrl}/connect#token=forged`)
    await page.reload()
    await page.getByText('This link has expired.').waitFor()
    await inspect('a link that has expired')
    await page.reload()
    await page.getByText('Open this page from a link on the site').waitFor()
    t.match(complaints, [/status of 401/])
  })

  await t.test('show an outcome only with their own texts', async (t) => {
    const { page, complaints } = await visit(t, 'oda')
    for (const [query, words] of [
      ['carillon=failed&reason=%3Cb%3Epay%20me&provider=evil', 'Your account is not connected.'],
      ['carillon=failed&reason=toString', 'Your account is not connected.'],
      ['carillon=failed&reason=codeExpired&provider=blotre', /^The code has expired\. You did not enter it at Blot're/]
    ] as const) {
      await page.goto(`${apiUrl}/connect?${query}`)
      t.match(await outcome(page), words)
    }
    t.same(complaints, [])
  })

  await t.test('explain without scripts how to continue', async (t) => {
    const { page, complaints } = await visit(t, 'nora', { javaScriptEnabled: false })
    t.equal(await page.locator('noscript').innerText(), 'This page needs JavaScript.')
    t.equal(await page.locator('#hint').innerText(), '', 'and has no hint')

    const token = await site.mintToken('nora')
    const begin = (kind: string) => site.api<{ startUrl: string, code: string }>('POST', '/v1/handshakes', { token, body: { provider: 'blotre', kind } })
    const { startUrl, code } = await begin('code')
    await page.goto(startUrl)
    t.match(await page.locator('main').innerText(), /Expires in (19|20) minutes\.[^]*come back here and press the button/)
    await page.getByRole('button', { name: 'I have entered it' }).click()
    t.match(await page.getByRole('status').innerText(), /^Blot're has not received the code yet/)
    t.equal(await page.locator('.code code').innerText(), code)
    const tab = await page.context().newPage()
    await tab.goto(await page.getByRole('link', { name: "Open Blot're" }).getAttribute('href') ?? '')
    await tab.getByLabel('Code').fill(code)
    await tab.getByLabel('Redeem as').fill('nora')
    await tab.getByRole('button', { name: 'Redeem' }).click()
    await tab.getByRole('button', { name: 'Allow' }).click()
    await until(async () => {
      if (await page.getByRole('button').count() === 0) return true
      await page.getByRole('button', { name: 'I have entered it' }).click()
      return false
    }, { everyMs: 1_000, what: 'the end' })
    t.equal(await page.getByRole('heading').innerText(), "Blot're is connected")
    t.match(await page.locator('main').innerText(), /now sends notifications to the account nora/)

    await page.goto((await begin('redirect')).startUrl)
    await page.getByRole('button', { name: "Connect Blot're" }).click()
    await page.getByRole('button', { name: 'Deny' }).click()
    t.equal(await page.getByRole('heading').innerText(), 'You did not allow access')
    t.match(complaints, [/status of 403/], 'the page itself has that status')
  })
})

/** The name of the focused element, as a screen reader reads it. */
async function focused (page: Page): Promise<string> {
  return await page.evaluate<string>(`(() => {
    const { activeElement: element } = document
    return element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent
  })()`)
}
