/** Concurrent requests of the bare loops. More are not faster at a provider that responds at once. */
export const concurrency = 96
/** The default of DELIVER_MAX_IN_FLIGHT. */
export const maxInFlight = 2_000
