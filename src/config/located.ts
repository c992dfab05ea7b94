/** Values of the configuration file together with the place where each stands. */

import type { Json } from '../json.ts'

export type Located = LocatedScalar | LocatedMap | LocatedList

interface Place {
  /** `hydrant.yaml:3:1` */
  readonly where: string
}

export interface LocatedScalar extends Place {
  readonly kind: 'scalar'
  /** As written, without quotes: so an account id keeps its leading zeros. */
  readonly text: string
  readonly value: null | boolean | number | string
}

export interface LocatedMap extends Place {
  readonly kind: 'map'
  readonly members: ReadonlyMap<string, Member>
}

export interface LocatedList extends Place {
  readonly kind: 'list'
  readonly items: readonly Located[]
}

/** A key of a map and what it holds; `where` is the place of the key. */
export interface Member extends Place {
  readonly value: Located
}

export function toJson(located: Located): Json {
  if (located.kind === 'scalar') return located.value
  if (located.kind === 'list') return located.items.map(toJson)
  // From entries, so that a key `__proto__` is a member like any other.
  return Object.fromEntries([...located.members].map(([key, member]) => [key, toJson(member.value)]))
}

/** "a list", "a block of settings", "a single value": what somebody wrote, in a message. */
export function describeKind(located: Located): string {
  if (located.kind === 'list') return 'a list'
  if (located.kind === 'map') return 'a block of settings'
  return located.value === null ? 'nothing' : 'a single value'
}
