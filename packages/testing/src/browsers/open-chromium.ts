import { chromium } from 'playwright-core'
import type { BrowserContext, BrowserContextOptions } from 'playwright-core'
import type { Test } from 'tap'
import { findProgram } from './find-program.ts'

const required = process.env['CARILLON_REQUIRE_CHROMIUM'] === '1'

/** Why tests in a browser are skipped, or false if they run. */
export const noChromium = required || findChromium() !== undefined
  ? false
  : 'Chromium is not installed (apt-get install chromium, or CHROMIUM_PATH); CARILLON_REQUIRE_CHROMIUM=1 makes this a failure'

export interface Chromium {
  newContext: (options?: BrowserContextOptions) => Promise<BrowserContext>
}

/** Playwright waits for 30 seconds. On a busy machine, a page or a service worker needs longer. */
const patienceMs = 180_000

/** A headless Chromium that is closed with the test. */
export async function openChromium (t: Test): Promise<Chromium> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('Chromium is neither at CHROMIUM_PATH nor in PATH')
  // Chromium's sandbox does not run as root, as in containers. It only loads our own pages.
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false, timeout: patienceMs })
  t.teardown(() => browser.close())
  return {
    newContext: async (options) => {
      const context = await browser.newContext(options)
      context.setDefaultTimeout(patienceMs)
      return context
    }
  }
}

function findChromium (): string | undefined {
  const named = process.env['CHROMIUM_PATH']
  return named || findProgram('chromium')
}
