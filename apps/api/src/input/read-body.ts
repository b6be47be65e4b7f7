import type { Readable } from 'node:stream'
import { Problem } from '../problems/problem.ts'

export interface ReadLimits {
  maxBytes: number
  /** The request's `Content-Length`: a body that says it is too large is not read at all. */
  contentLength: string | undefined
  /** Sees every chunk as it arrives, and throws to stop reading. */
  inspect?: (chunk: Buffer) => void
}

/** Reads a body to its end, or throws `bodyTooLarge`, or what `inspect` throws, and leaves the rest unread. */
export async function readBody (payload: Readable, { maxBytes, contentLength, inspect }: ReadLimits): Promise<Buffer> {
  if (Number(contentLength) > maxBytes) throw tooLarge(maxBytes)
  return await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    payload.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)

    function onData (chunk: Buffer): void {
      size += chunk.length
      chunks.push(chunk)
      try {
        if (size > maxBytes) throw tooLarge(maxBytes)
        inspect?.(chunk)
      } catch (error) {
        stop()
        payload.pause()
        reject(error)
      }
    }

    function onEnd (): void {
      stop()
      resolve(Buffer.concat(chunks, size))
    }

    function onError (): void {
      stop()
      // A later error of a body that is not read any more must not end the process.
      payload.on('error', () => {})
      reject(new Problem('badRequest', 'The body ended before it was complete'))
    }

    function onClose (): void {
      onError()
    }

    function stop (): void {
      payload.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
    }
  })
}

function tooLarge (maxBytes: number): Problem {
  return new Problem('bodyTooLarge', `The body is larger than the ${maxBytes} bytes that this call takes`)
}
