/** The maximum number of concurrent requests of a worker with default settings: DELIVER_JOBS × DELIVER_REQUESTS. */
export const concurrency = 3 * 32
