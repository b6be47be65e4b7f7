/* global document, location */
import { askPermission, findProblem, isSupported, subscribe } from './subscribe.js'

const form = document.getElementById('subscribe')
const field = form.elements.namedItem('subscription')
const error = document.getElementById('error')
const { worker, keys } = form.dataset

showError(findProblem())
form.querySelector('button').disabled = !isSupported()

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  if (form.ariaBusy === 'true') return
  form.ariaBusy = 'true'
  showError(undefined)
  try {
    await askPermission()
    field.value = JSON.stringify(await subscribe({ publicKeys: keys.split(' '), worker: new URL(worker, location.href).pathname }))
    form.submit()
  } catch (problem) {
    showError(problem.name === 'Error' ? problem.message : `This browser could not subscribe (${problem.message}). Try again in a few minutes.`)
    form.ariaBusy = 'false'
  }
})

function showError (message) {
  error.textContent = message ?? ''
  error.hidden = message === undefined
}
