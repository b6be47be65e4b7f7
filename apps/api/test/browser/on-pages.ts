import type { Locator, Page } from 'playwright-core'

/** The line of a provider on the connect page. */
export function item (page: Page, provider: string): Locator {
  return page.locator(`[data-provider=${provider}]`)
}

/** What the connect page says has come of the last try. */
export function outcome (page: Page): Promise<string> {
  return page.locator('#outcome').innerText()
}

/** Waits until it has the focus, which scripts give it when the page has been shown already. */
export async function untilFocused (field: Locator): Promise<void> {
  await field.and(field.page().locator(':focus')).waitFor()
}

/** On the pages of the simulated pump.io, to their end. */
export async function logInAndAuthorize (page: Page, name: string): Promise<void> {
  await page.getByLabel('Username').fill(name)
  await page.getByRole('button', { name: 'Login' }).click()
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.locator('#outcome, #verifier').waitFor()
}
