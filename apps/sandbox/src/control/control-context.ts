import type { Faults } from '../kit/faults/faults.ts'
import type { SandboxServices, Simulator } from '../kit/simulator.ts'
import type { Stats } from '../kit/stats.ts'
import { ControlError } from './control-error.ts'

export interface ControlContext extends SandboxServices {
  faults: Faults
  stats: Stats
  simulators: Simulator[]
}

export function simulatorOf (simulators: Simulator[], provider: string): Simulator {
  const simulator = simulators.find(({ id }) => id === provider)
  if (simulator !== undefined) return simulator
  throw new ControlError(`provider: got "${provider}", expected one of ${simulators.map(({ id }) => id).join(', ')}`)
}
