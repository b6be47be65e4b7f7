/* global document */

import { clockOf, countDown, pollUntilEnded } from './progress.js'

// Asks at an interval whether the user has entered the code or opened the link.
const form = document.getElementById('redeem')
const line = document.getElementById('left')
const hint = document.getElementById('hint')

form.hidden = true
hint.textContent = hint.dataset.waiting
countDown(Number(line.dataset.left), (seconds) => {
  line.textContent = seconds === 0 ? line.dataset.expired : `Expires in ${clockOf(seconds)}.`
})
pollUntilEnded(form, Number(form.dataset.interval))
