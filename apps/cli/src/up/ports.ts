import { freePort, isPortFree } from '@carillon/local'
import { urlOf } from '@carillon/shared/config'
import type { Config } from '@carillon/shared/config'
import { definitions } from '@carillon/shared/providers'

/** The sandbox listens on this address, whatever HOST is. */
const sandboxHost = '127.0.0.1'

/** The simulators that have a port of their own. */
const ownPorts = definitions.flatMap(({ id, simulatorPort: variable, hasUserHosts = false }) =>
  variable === undefined ? [] : [{ id, variable, hasUserHosts }])

/** The port, if it is free. For 0 a free port, chosen here so that a restarted part keeps it. */
export async function choosePort (variable: string, port: number, host: string): Promise<number> {
  if (port === 0) return freePort()
  const free = await isPortFree(port, host).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${variable}: cannot listen on port ${port} of ${host} (${error.code})`)
  })
  if (!free) throw new Error(`${variable}: port ${port} on ${host} is in use; choose another, or 0 for any free one`)
  return port
}

export async function chooseSandboxPorts (config: Config): Promise<Record<string, string>> {
  const port = await choosePort('SANDBOX_PORT', config.SANDBOX_PORT, sandboxHost)
  const ports: Record<string, string> = { SANDBOX_PORT: String(port) }
  for (const [index, { variable }] of ownPorts.entries()) {
    const given = config[variable]
    const wanted = typeof given === 'number' ? given : config.SANDBOX_PORT === 0 ? 0 : port + 1 + index
    ports[variable] = String(await choosePort(variable, wanted, sandboxHost))
  }
  return ports
}

/** The hosts of simulated accounts, for the providers whose users choose one. */
export function listSimulatorUrls (ports: Record<string, string> | undefined): Record<string, string | null> {
  return Object.fromEntries(ownPorts.filter(({ hasUserHosts }) => hasUserHosts).map(({ id, variable }) =>
    [`${id}Url`, ports === undefined ? null : urlOf(sandboxHost, Number(ports[variable]))]))
}
