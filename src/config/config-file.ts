/**
 * Reads `hydrant.yaml` into located values: YAML 1.2 with positions, bounded in size, depth and number of nodes,
 * since aliases of aliases can blow up a small file.
 */

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type YAMLParseError,
} from 'yaml'
import { describeKind, type Located, type LocatedMap, type LocatedScalar, type Member } from './located.ts'
import type { Problems } from './problems.ts'

const BYTES_MAX = 8 * 2 ** 20
const DEPTH_MAX = 32
const NODES_MAX = 200_000

/** YAML takes a bare `!` for a tag, and prefixes like to start with one. */
const QUOTE_HINT = '; a value that starts with "!" needs quotes, such as "!{timestamp:yyyy}/"'

/**
 * @param name  how messages call the file
 * @returns the top of the file; undefined when it is empty or cannot be read as YAML, which `problems` then says
 */
export function parseConfigFile(name: string, text: string, problems: Problems): LocatedMap | undefined {
  if (text.length > BYTES_MAX) {
    problems.add(name, 'is larger than 8 MiB')
    return undefined
  }
  const lines = new LineCounter()
  const document = parseYaml(name, text, lines, problems)
  if (document === undefined) return undefined
  const where = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  const [syntaxError] = document.errors
  if (syntaxError !== undefined)
    problems.add(where(syntaxError.pos[0]), describeSyntaxError(syntaxError, text))
  for (const { pos } of document.warnings) problems.add(where(pos[0]), `unknown tag${QUOTE_HINT}`)
  if (syntaxError !== undefined || document.contents === null) return undefined
  const top = new Locator(document, where, problems).locate(document.contents)
  if (top === undefined || (top.kind === 'scalar' && top.value === null)) return undefined
  if (top.kind === 'map') return top
  problems.add(top.where, `must hold settings, one \`name: value\` a line, not ${describeKind(top)}`)
  return undefined
}

function parseYaml(name: string, text: string, lineCounter: LineCounter, problems: Problems) {
  try {
    // Duplicate keys are found below: the parser's own check compares every pair of keys.
    return parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      uniqueKeys: false,
      stringKeys: true,
      logLevel: 'silent',
    })
  } catch (error) {
    // The parser recurses: brackets nested by the thousand exhaust its stack.
    if (!(error instanceof RangeError)) throw error
    problems.add(name, 'is nested too deeply')
    return undefined
  }
}

/** Turns the parser's nodes into ours; stops at the first bound that is exceeded. */
class Locator {
  readonly #document: Document.Parsed
  readonly #where: (offset: number) => string
  readonly #problems: Problems
  #nodes = 0

  constructor(document: Document.Parsed, where: (offset: number) => string, problems: Problems) {
    this.#document = document
    this.#where = where
    this.#problems = problems
  }

  locate(top: ParsedNode): Located | undefined {
    try {
      return this.#value(top, 0, 0)
    } catch (error) {
      if (!(error instanceof BoundError)) throw error
      this.#problems.add(error.where, error.message)
      return undefined
    }
  }

  #value(node: Node | null, parentOffset: number, depth: number): Located {
    const offset = node?.range?.[0] ?? parentOffset
    const where = this.#where(offset)
    this.#nodes++
    if (depth > DEPTH_MAX) throw new BoundError(where, `is nested more than ${DEPTH_MAX} levels deep`)
    if (this.#nodes > NODES_MAX) throw new BoundError(where, 'the file holds too many values')
    if (isAlias(node)) return this.#alias(node.source, offset, depth, () => node.resolve(this.#document))
    if (isMap(node)) return this.#map(node.items, offset, depth)
    if (isSeq(node)) {
      const items = node.items.map((item) => this.#value(item as Node | null, offset, depth + 1))
      return { kind: 'list', where, items }
    }
    return scalar(node, where)
  }

  #alias(name: string, offset: number, depth: number, resolve: () => Node | undefined): Located {
    const target = resolve()
    if (target === undefined) throw new BoundError(this.#where(offset), `there is no anchor &${name}`)
    return this.#value(target, offset, depth + 1)
  }

  #map(pairs: readonly { key: unknown; value: unknown }[], offset: number, depth: number): LocatedMap {
    const members = new Map<string, Member>()
    for (const pair of pairs) {
      const key = pair.key as Node
      const keyOffset = key.range?.[0] ?? offset
      const where = this.#where(keyOffset)
      const name = isScalar(key) ? String(key.value) : ''
      const value = this.#value(pair.value as Node | null, keyOffset, depth + 1)
      const earlier = members.get(name)
      if (earlier === undefined) members.set(name, { where, value })
      else this.#problems.add(where, `"${name}" stands here twice: first at ${earlier.where}`)
    }
    return { kind: 'map', where: this.#where(offset), members }
  }
}

class BoundError extends Error {
  readonly where: string

  constructor(where: string, message: string) {
    super(message)
    this.where = where
  }
}

function scalar(node: Node | null, where: string): LocatedScalar {
  const value = isScalar(node) ? node.value : null
  const text = isScalar(node) ? (node.source ?? '') : ''
  if (value === null || typeof value === 'boolean' || typeof value === 'number')
    return { kind: 'scalar', where, text, value }
  return { kind: 'scalar', where, text, value: String(value) }
}

/** The first error only: those after it mostly follow from it. */
function describeSyntaxError(error: YAMLParseError, text: string): string {
  if (error.code === 'RESOURCE_EXHAUSTION') return 'is nested too deeply'
  const message = error.message.charAt(0).toLowerCase() + error.message.slice(1)
  const line = text.slice(text.lastIndexOf('\n', error.pos[0]) + 1).split('\n', 1)[0]!
  return /[:-]\s+!/.test(line) ? `${message}${QUOTE_HINT}` : message
}
