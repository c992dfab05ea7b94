/** Methods of Node's Buffer that its type declarations leave out: the direct forms of `toString` and `write`. */
interface Buffer {
  latin1Slice(start?: number, end?: number): string
  latin1Write(text: string, offset?: number, length?: number): number
  /** @returns bytes written; fewer than the text stands for when it has characters that are not base64 */
  base64Write(text: string, offset: number, length: number): number
}
