/**
 * Another user's credentials for the same shared grant were stored after these were requested, so it is not known which of them
 * are newer. With rotation, only the newer ones work.
 */
export class OverlappingGrantError extends Error {
  override readonly name = 'OverlappingGrantError'

  constructor () {
    super('It is not known which credentials are newer')
  }
}
