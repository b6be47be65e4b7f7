/* global document */

import { clockOf, countDown, pollUntilEnded } from './progress.js'

const intervalMs = 3_000
const line = document.getElementById('left')
const resend = document.getElementById('resend')

countDown(Number(line.dataset.left), (seconds) => {
  line.textContent = seconds === 0 ? 'The code has expired.' : `The code expires in ${clockOf(seconds)}.`
})
if (resend !== null) {
  const button = resend.querySelector('button')
  const { textContent: label } = button
  countDown(Number(resend.dataset.wait), (seconds) => {
    // A disabled button would lose the focus.
    button.ariaDisabled = String(seconds > 0)
    button.textContent = seconds > 0 ? `${label} in ${clockOf(seconds)}` : label
  })
  resend.addEventListener('submit', (event) => {
    if (button.ariaDisabled === 'true') event.preventDefault()
  })
}
pollUntilEnded(document.getElementById('progress'), intervalMs)
