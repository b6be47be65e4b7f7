import { createBlotre } from './blotre/blotre.ts'
import { createDiscord } from './discord/discord.ts'
import { createEmail } from './email/email.ts'
import { createFacebook } from './facebook/facebook.ts'
import type { CreateSimulator } from './kit/simulator.ts'
import { createMastodon } from './mastodon/mastodon.ts'
import { createNoticeboard } from './noticeboard/noticeboard.ts'
import { createNtfy } from './ntfy/ntfy.ts'
import { createPumpio } from './pumpio/pumpio.ts'
import { createPushbullet } from './pushbullet/pushbullet.ts'
import { createSlack } from './slack/slack.ts'
import { createTelegram } from './telegram/telegram.ts'
import { createWebhook } from './webhook/webhook.ts'
import { createWebPush } from './webpush/webpush.ts'

/** All simulated services. A new one is a folder and a line here. */
export const simulators: CreateSimulator[] = [
  createPushbullet,
  createPumpio,
  createBlotre,
  createFacebook,
  createSlack,
  createDiscord,
  createNtfy,
  createMastodon,
  createNoticeboard,
  createEmail,
  createTelegram,
  createWebPush,
  createWebhook
]
