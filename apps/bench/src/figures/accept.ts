import { accept as measured, bareAccept } from '../measures/accept.ts'
import type { Figure } from './figure.ts'

export const accept: Figure = {
  id: 'accept',
  about: 'single notifications accepted/s, 64 clients : a bare route with one INSERT',
  unit: '×',
  target: { atLeast: 1 },
  needs: [bareAccept, measured],
  of: (round) => round.of(measured).perSecond / round.of(bareAccept).perSecond
}
