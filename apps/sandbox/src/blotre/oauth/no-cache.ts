/** On everything that carries or concerns a token. */
export const noCache = { 'cache-control': 'no-cache, no-store, must-revalidate', expires: '0' }
