/** The service model that the AWS SDKs are generated from, as data: operations and the shapes of their members. */

import document from './firehose-model.json' with { type: 'json' }

export interface Shape {
  readonly type:
    | 'structure'
    | 'list'
    | 'map'
    | 'string'
    | 'blob'
    | 'integer'
    | 'double'
    | 'boolean'
    | 'timestamp'
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, { readonly shape: string }>>
  readonly member?: { readonly shape: string }
  readonly key?: { readonly shape: string }
  readonly value?: { readonly shape: string }
  /** Of a string or blob its length, of a list its size, of a number its value. */
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly sensitive?: boolean
}

interface Model {
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>
  readonly shapes: Readonly<Record<string, Shape>>
}

const model = document as unknown as Model

export const operationNames: readonly string[] = Object.keys(model.operations)

export function shapeNamed(name: string): Shape {
  const shape = model.shapes[name]
  if (shape === undefined) throw new Error(`The model has no shape ${name}.`)
  return shape
}

/** Name of the input shape of an operation; undefined for an unknown operation. */
export function inputShape(operation: string): string | undefined {
  return Object.hasOwn(model.operations, operation) ? model.operations[operation]?.input?.shape : undefined
}
