import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { objectPath } from './object-path.ts'

/** What `objectPath` writes, read back. */
function keyOf(names: readonly string[]): string {
  return names
    .join('/')
    .replaceAll('%+/', '')
    .split('/')
    .map((name) =>
      name === '%' ? '' : name.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    )
    .join('/')
}

/** Keys made of what matters here, more often than chance would have it. */
const keys = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '.',
        '..',
        '%',
        '%25',
        '%+',
        '%2E',
        '\\',
        '\0',
        '\n',
        'a',
        '/../',
        'ü'.repeat(150),
      ),
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary', maxLength: 300 }),
    ),
    { minLength: 1 },
  )
  .map((parts) => parts.join(''))
  .filter((key) => key.isWellFormed())

test('ordinary keys are paths as they are', () => {
  assert.deepEqual(objectPath('2026/11/24/14/orders-1-2026-11-24-14-00-00-8f5ad0c4.gz'), [
    '2026',
    '11',
    '24',
    '14',
    'orders-1-2026-11-24-14-00-00-8f5ad0c4.gz',
  ])
})

test('what a file system would take differently is escaped', () => {
  for (const [key, path] of [
    ['a//b', 'a/%/b'],
    ['/a/', '%/a/%'],
    ['./../a', '%2E/%2E%2E/a'],
    ['...', '...'],
    ['50%/25%25', '50%25/25%2525'],
    ['a\\..\\b\n\0', 'a%5C..%5Cb%0A%00'],
    ['x'.repeat(300), `${'x'.repeat(200)}%+/${'x'.repeat(100)}`],
    [`${'x'.repeat(199)}%`, `${'x'.repeat(199)}%+/%25`],
    [`${'x'.repeat(199)}ü`, `${'x'.repeat(199)}%+/ü`],
  ] as const) {
    assert.equal(objectPath(key).join('/'), path)
  }
})

test('no two keys have the same path', () => {
  fc.assert(fc.property(keys, (key) => assert.equal(keyOf(objectPath(key)), key)))
})

test('no path leaves its folder or has a name that is too long', () => {
  fc.assert(
    fc.property(keys, (key) => {
      for (const name of objectPath(key)) {
        assert.ok(name !== '' && name !== '.' && name !== '..')
        assert.doesNotMatch(name, /[/\\\0]/)
        assert.ok(Buffer.byteLength(name) <= 205)
      }
    }),
  )
})

test('a name with a percent sign behind it is nobody else’s', () => {
  fc.assert(
    fc.property(keys, keys, (one, other) => {
      const taken = new Set(objectPath(one))
      for (const name of objectPath(other)) assert.ok(name === '%' || !taken.has(`${name}%`))
    }),
  )
})
