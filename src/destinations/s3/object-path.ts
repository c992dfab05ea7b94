/**
 * Where the object of a key lies below the folder of its bucket. S3 allows in keys what a file system does not; so that
 * no two keys meet in one file and none leaves its bucket, such parts are written otherwise:
 *
 * ```
 * a/b.gz                 a/b.gz
 * a//b, a/               a/%/b, a/%             a part that is empty
 * ./a/../b               %2E/a/%2E%2E/b         `.` and `..`
 * 50%, a\b, line feed    50%25, a%5Cb, %0A      what starts an escape, separates or controls
 * 300 letters            200 of them + %+ / the other 100     longer than a file name may be
 * ```
 *
 * A `%` that neither starts an escape nor is a part by itself is never written here: `DirectoryObjectStore` puts it
 * behind a name that something else has taken.
 */

/** File systems take 255 bytes; the rest is for what is put behind a name. */
const NAME_BYTES_MAX = 200

/** Names of the folders and, last, of the file. */
export function objectPath(key: string): readonly string[] {
  return key.split('/').flatMap(fileNames)
}

function fileNames(part: string): readonly string[] {
  if (part === '') return ['%']
  if (part === '.' || part === '..') return [part.replaceAll('.', '%2E')]
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return splitLong(part.toWellFormed().replace(/[%\\\x00-\x1f\x7f]/g, escapeCharacter))
}

function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/** All pieces but the last end in `%+`. */
function splitLong(name: string): readonly string[] {
  if (Buffer.byteLength(name) <= NAME_BYTES_MAX) return [name]
  const pieces: string[] = []
  let piece = ''
  let pieceBytes = 0
  // An escape is one piece, and so is a character of several bytes.
  for (const [unit] of name.matchAll(/%..|./gsu)) {
    const unitBytes = Buffer.byteLength(unit)
    if (pieceBytes + unitBytes > NAME_BYTES_MAX) {
      pieces.push(`${piece}%+`)
      piece = ''
      pieceBytes = 0
    }
    piece += unit
    pieceBytes += unitBytes
  }
  return [...pieces, piece]
}
