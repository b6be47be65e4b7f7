import { createBlotre } from './blotre/blotre.ts'
import { createFacebook } from './facebook/facebook.ts'
import type { AppSettings } from './facebook/removal/notices.ts'
import type { CreateSimulator } from './kit/simulator.ts'
import { createPumpio } from './pumpio/pumpio.ts'
import { createPushbullet } from './pushbullet/pushbullet.ts'

export interface SimulatorOptions {
  /** Counts Pushbullet's pushes by `guid` instead of keeping them, and responds as fast as possible. */
  bench?: boolean
  /** Where the simulated Facebook reports that a user removed the app or wants data deleted. Default: nowhere. */
  facebookApp?: Partial<AppSettings> | undefined
}

/** All simulated services. A new one is a folder and a line here. */
export function listSimulators ({ bench = false, facebookApp = {} }: SimulatorOptions): CreateSimulator[] {
  return [
    (services) => createPushbullet(services, bench),
    createPumpio,
    createBlotre,
    (services) => createFacebook(services, facebookApp)
  ]
}
