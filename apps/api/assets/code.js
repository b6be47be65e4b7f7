/* global document, fetch, FormData, location, setTimeout, URLSearchParams */

// Asks at the provider's pace whether the code has been entered, less often while nobody answers or nobody looks.
const longestWaitMs = 60_000
const form = document.getElementById('redeem')
const hint = document.getElementById('hint')
const intervalMs = Number(form.dataset.interval)

form.hidden = true
hint.textContent = 'This page goes on by itself once you have entered it.'
wait(intervalMs)

function wait (waitMs) {
  setTimeout(() => ask(waitMs), document.hidden ? Math.max(waitMs, 2 * intervalMs) : waitMs)
}

async function ask (waitMs) {
  try {
    const answer = await fetch(form.action, {
      method: 'POST', headers: { accept: 'application/json' }, body: new URLSearchParams(new FormData(form))
    })
    if (!answer.ok) return again(waitMs)
    const { status, location: address } = await answer.json()
    if (status === 'pending') return wait(intervalMs)
    if (address === null) form.submit()
    else location.assign(address)
  } catch {
    again(waitMs)
  }
}

function again (waitMs) {
  wait(Math.min(2 * waitMs, longestWaitMs))
}
