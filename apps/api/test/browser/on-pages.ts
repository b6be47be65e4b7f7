import type { Locator, Page } from 'playwright-core'

/** The entry of a provider on the connect page. */
export function item (page: Page, provider: string): Locator {
  return page.locator(`[data-provider=${provider}]`)
}

/** The result of the last attempt on the connect page. */
export function outcome (page: Page): Promise<string> {
  return page.locator('#outcome').innerText()
}

/** Waits until the field has the focus, which a script sets after the page is displayed. */
export async function untilFocused (field: Locator): Promise<void> {
  await field.and(field.page().locator(':focus')).waitFor()
}

/** Completes the pages of the simulated pump.io. */
export async function logInAndAuthorize (page: Page, name: string): Promise<void> {
  await page.getByLabel('Username').fill(name)
  await page.getByRole('button', { name: 'Login' }).click()
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.locator('#outcome, #verifier').waitFor()
}
