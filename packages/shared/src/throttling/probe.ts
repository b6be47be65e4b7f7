/** How long a probe may take before another process may probe. */
export const probeMs = 30_000
