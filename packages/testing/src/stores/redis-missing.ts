/** Why tests with Redis are skipped. */
export const redisMissing = 'no redis-server on PATH and REDIS_URL is not set'
