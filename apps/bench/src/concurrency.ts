/** Requests that a worker has under way at a time at most, with its settings as they come: DELIVER_JOBS × DELIVER_REQUESTS. */
export const concurrency = 3 * 32
