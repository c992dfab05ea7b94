/** `deliveryStreams`: what the file asks for, kept with its lines; the model is applied to it at start. */

import { isJsonObject } from '../json.ts'
import { type FileContext, readList } from './block.ts'
import type { DeclaredStream } from './config.ts'
import { type Located, type Member, toJson } from './located.ts'

export function readDeclaredStreams(
  member: Member | undefined,
  context: FileContext,
): readonly DeclaredStream[] {
  const streams: DeclaredStream[] = []
  const names = new Map<string, string>()
  for (const item of member === undefined ? [] : readList('deliveryStreams', member.value, context)) {
    const request = toJson(item)
    if (!isJsonObject(request)) {
      context.problems.add(item.where, 'each delivery stream must have the shape of CreateDeliveryStream')
      continue
    }
    checkName(item, names, context)
    streams.push({ where: item.where, request, places: new Map(placesOf(item, '')) })
  }
  return streams
}

function checkName(item: Located, names: Map<string, string>, context: FileContext): void {
  const name = item.kind === 'map' ? item.members.get('DeliveryStreamName')?.value : undefined
  if (name?.kind !== 'scalar' || typeof name.value !== 'string') {
    context.problems.add(name?.where ?? item.where, 'the delivery stream needs a DeliveryStreamName (text)')
    return
  }
  const earlier = names.get(name.value)
  if (earlier === undefined) names.set(name.value, name.where)
  else context.problems.add(name.where, `"${name.value}" is declared twice: first at ${earlier}`)
}

/** Paths of all members below a value, with their places. Items of lists count from 0. */
function* placesOf(located: Located, prefix: string): Generator<[path: string, where: string]> {
  if (located.kind === 'list') {
    for (const [index, item] of located.items.entries()) yield* placesOf(item, `${prefix}${index}.`)
  }
  if (located.kind !== 'map') return
  for (const [name, { where, value }] of located.members) {
    yield [`${prefix}${name}`, where]
    yield* placesOf(value, `${prefix}${name}.`)
  }
}
