import { accept } from './accept.ts'
import { acceptBatch } from './accept-batch.ts'
import { broadcast150ms } from './broadcast-150ms.ts'
import { broadcast400ms } from './broadcast-400ms.ts'
import { broadcastNaive } from './broadcast-naive.ts'
import { broadcastPostgres } from './broadcast-postgres.ts'
import { broadcastRedis } from './broadcast-redis.ts'
import { broadcastTlsH2 } from './broadcast-tls-h2.ts'
import { directDuringBroadcast } from './direct-during-broadcast.ts'
import { directDuring150ms } from './direct-during-150ms.ts'
import { email } from './email.ts'
import type { Figure } from './figure.ts'
import { growthCpu } from './growth-cpu.ts'
import { growthRss } from './growth-rss.ts'
import { importConnections } from './import.ts'
import { latencyP50 } from './latency-p50.ts'
import { latencyP99 } from './latency-p99.ts'
import { manyHosts } from './many-hosts.ts'
import { smallHostRefused } from './small-host-refused.ts'
import { smallHostUsed } from './small-host-used.ts'
import { sqlBroadcast } from './sql-broadcast.ts'
import { sqlSingle } from './sql-single.ts'
import { webpush } from './webpush.ts'
import { workers2 } from './workers-2.ts'

/** All figures, in the order of the report. */
export const figures: Figure[] = [
  broadcastRedis, broadcastPostgres, broadcastNaive, broadcast150ms, broadcast400ms, broadcastTlsH2,
  accept, acceptBatch, importConnections, latencyP50, latencyP99, sqlBroadcast, sqlSingle,
  growthCpu, growthRss, directDuringBroadcast, directDuring150ms, email, webpush,
  manyHosts, smallHostRefused, smallHostUsed, workers2
]
