/** The application's response to a simulated service. `status` is null when none arrived; the body then says why. */
export interface AppResponse {
  status: number | null
  body: string
}

const TIMEOUT_MS = 10_000

/** Sends a request of a simulated service to the application. Never rejects. */
export async function postToApp (
  url: string, body: string | URLSearchParams, headers: Record<string, string> = {}
): Promise<AppResponse> {
  try {
    const response = await fetch(url, { method: 'POST', redirect: 'manual', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) })
    return { status: response.status, body: await response.text() }
  } catch (error) {
    return { status: null, body: error instanceof Error ? error.message : '' }
  }
}
