import type { FastifyInstance } from 'fastify'
import type { StateKeeper } from './state-keeper.ts'

/** Holds each response until the accounts and tokens in it are on disk, so that a client never has one that a crash ends. */
export function saveBeforeResponses (app: FastifyInstance, keepers: readonly StateKeeper[]): void {
  if (keepers.length === 0) return
  app.addHook('onSend', (_request, _reply, payload, done) => {
    const saves = keepers.map((keeper) => keeper.noticeRequest()).filter((save) => save !== undefined)
    if (saves.length === 0) return done(null, payload)
    Promise.all(saves).then(() => { done(null, payload) }, done)
  })
}
