import { freePort, isPortFree } from '@carillon/local'

/** The port, if it is free. For 0 a free port, chosen here so that a restarted part keeps it. */
export async function choosePort (variable: string, port: number, host: string): Promise<number> {
  if (port === 0) return freePort()
  const free = await isPortFree(port, host).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${variable}: cannot listen on port ${port} of ${host} (${error.code})`)
  })
  if (!free) throw new Error(`${variable}: port ${port} on ${host} is in use; choose another, or 0 for any free one`)
  return port
}
