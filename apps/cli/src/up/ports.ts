import { freePort, isPortFree } from '@carillon/local'

/** The port itself when nobody listens on it; for 0 any free one, chosen here so that it stays when the part is started again. */
export async function choosePort (variable: string, port: number, host: string): Promise<number> {
  if (port === 0) return freePort()
  const free = await isPortFree(port, host).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${variable}: cannot listen on port ${port} of ${host} (${error.code})`)
  })
  if (!free) throw new Error(`${variable}: port ${port} on ${host} is in use; choose another, or 0 for any free one`)
  return port
}
