import { wait } from '../api/wait.ts'

const pollMs = 100
const maxPolls = 100

/**
 * Closes the popup as soon as it shows a page of this site again. Browsers refuse it before, because a page of another site that
 * has no opener is not ours to close.
 */
export async function closePopup (popup: Window): Promise<void> {
  const { signal } = new AbortController()
  for (let poll = 0; poll < maxPolls && !popup.closed; poll++) {
    if (isOnThisSite(popup)) popup.close()
    await wait(pollMs, signal)
  }
}

/** The location of another site's page is not readable. */
function isOnThisSite (popup: Window): boolean {
  try {
    return popup.location.href !== ''
  } catch {
    return false
  }
}
