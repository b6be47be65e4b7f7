import type { Desk, Simulator } from './kit/simulator.ts'
import { createBlotre } from './blotre/blotre.ts'
import { createFacebook } from './facebook/facebook.ts'
import { createPumpio } from './pumpio/pumpio.ts'
import { createPushbullet } from './pushbullet/pushbullet.ts'

/** Every service that the sandbox plays. A new one is a folder and a line here. */
export const simulators: Array<(desk: Desk) => Simulator> = [
  createPushbullet,
  createPumpio,
  createBlotre,
  createFacebook
]
