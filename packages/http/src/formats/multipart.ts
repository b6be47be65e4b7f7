import { splitBody } from '../client/split-body.ts'

export interface MultipartFile {
  /** The name of the form's field. */
  field: string
  name: string
  type: string
  bytes: Buffer
}

/** Encodes a form with fields and a file (RFC 7578). The file is not copied, so many recipients can share it. */
export async function encodeMultipart (
  fields: Readonly<Record<string, string>>, { field, name, type, bytes }: MultipartFile
): Promise<{ headers: Record<string, string>, body: AsyncIterable<Uint8Array> }> {
  const form = new FormData()
  for (const [key, value] of Object.entries(fields)) form.append(key, value)
  // The form is encoded without the file, which is its last part, and wrapped around it.
  form.append(field, new Blob([], { type }), name)
  const encoded = new Response(form)
  const around = Buffer.from(await encoded.arrayBuffer())
  const at = around.lastIndexOf('\r\n\r\n\r\n--') + 4
  return {
    headers: { 'content-type': encoded.headers.get('content-type') ?? '', 'content-length': String(around.length + bytes.length) },
    body: splitBody([around.subarray(0, at), bytes, around.subarray(at)])
  }
}
