/**
 * Formats of token responses that RFC 6749 does not show, as changes to the simulator's response. Each one contains a valid
 * pair.
 */
export const tokenForms: Array<{ what: string, rewrite: Record<string, unknown>, expires: 'kept' | 'none', hasRefreshToken?: false }> = [
  { what: 'a number of digits', rewrite: { members: { expires_in: '7200' } }, expires: 'kept' },
  { what: 'no number at all', rewrite: { members: { expires_in: null } }, expires: 'none' },
  { what: 'an absurd number', rewrite: { members: { expires_in: 1e15 } }, expires: 'none' },
  { what: 'a negative number', rewrite: { members: { expires_in: -1 } }, expires: 'none' },
  { what: 'a word', rewrite: { members: { expires_in: 'never' } }, expires: 'none' },
  { what: 'a byte order mark', rewrite: { bom: true }, expires: 'kept' },
  { what: 'status 203', rewrite: { status: 203 }, expires: 'kept' },
  { what: 'gzip', rewrite: { encoding: 'gzip' }, expires: 'kept' },
  { what: 'deflate', rewrite: { encoding: 'deflate' }, expires: 'kept' },
  { what: 'brotli', rewrite: { encoding: 'br', bom: true }, expires: 'kept' },
  { what: 'a form', rewrite: { asForm: true }, expires: 'kept' },
  { what: 'an empty refresh token', rewrite: { members: { refresh_token: '' } }, expires: 'kept', hasRefreshToken: false },
  { what: 'a refresh token that is null', rewrite: { members: { refresh_token: null } }, expires: 'kept', hasRefreshToken: false },
  { what: 'members of the wrong type', rewrite: { members: { token_type: 7, scope: null, user: { id: 7 } } }, expires: 'kept' }
]
