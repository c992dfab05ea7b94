import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { flagOf, SETTINGS, variableOf } from '../config/settings.ts'
import { OperatorError } from '../errors.ts'
import { parseArguments } from './arguments.ts'
import { COMMANDS, type Command } from './commands.ts'
import { runCommand } from './run-command.ts'

const command = (name: string): Command => COMMANDS.find((candidate) => candidate.name === name)!
const serve = command('serve')

async function outputOf(...args: string[]): Promise<{ code: number; text: string }> {
  let text = ''
  const code = await runCommand(args, (piece) => {
    text += piece
  })
  return { code, text }
}

async function refusalOf(...args: string[]): Promise<string> {
  try {
    await outputOf(...args)
  } catch (error) {
    assert(error instanceof OperatorError, String(error))
    assert.equal(error.exitCode, 64)
    return error.message.split('\n')[0]!
  }
  throw new Error('nothing was refused')
}

describe('flags', () => {
  test('of values and switches', () => {
    const args = [
      '--listen',
      ':1',
      '--data-dir=/d',
      '--relax-patterns',
      '--no-s3-send-acl',
      '--s3-create-buckets=false',
    ]
    assert.deepEqual(
      parseArguments(serve, args).flags,
      new Map([
        ['listen', ':1'],
        ['data-dir', '/d'],
        ['relax-patterns', 'true'],
        ['s3-send-acl', 'false'],
        ['s3-create-buckets', 'false'],
      ]),
    )
  })

  test('the last of the same flag counts', () => {
    assert.equal(parseArguments(serve, ['--region', 'a', '--region', 'b']).flags.get('region'), 'b')
  })

  test('every setting has one', () => {
    for (const path of SETTINGS.keys()) {
      const { flags } = parseArguments(serve, [`--${flagOf(path)}=x`])
      assert.equal(flags.get(flagOf(path)), 'x')
    }
  })

  test('and positional arguments', () => {
    const parsed = parseArguments(command('log inspect'), ['orders', '--data-dir', '/d'])
    assert.deepEqual(parsed.positionals, ['orders'])
  })
})

describe('mistakes on the command line', () => {
  const cases: readonly (readonly [args: string[], message: string])[] = [
    [['sreve'], 'There is no command "sreve"; did you mean "serve"?'],
    [['log'], 'There is no command "log"'],
    [['log', 'inspct'], 'There is no command "log inspct"; did you mean "log inspect"?'],
    [['--listen', ':1'], 'A command must stand before --listen, such as hydrant serve'],
    [['serve', '--lisen', ':1'], 'Unknown flag --lisen; did you mean "--listen"?'],
    [['serve', '--no-listen'], 'Unknown flag --no-listen; did you mean "--listen"?'],
    [['serve', '--listen'], '--listen needs a value'],
    [['serve', 'here'], 'Unexpected argument "here"'],
    [['log', 'inspect'], 'The name of the stream is missing'],
    [['log', 'inspect', 'a', 'b'], 'Unexpected argument "b"'],
  ]
  for (const [args, message] of cases) {
    test(args.join(' '), async () => assert.equal(await refusalOf(...args), message))
  }
})

describe('help', () => {
  test('lists the commands', async () => {
    const { code, text } = await outputOf('--help')
    assert.equal(code, 0)
    for (const { name } of COMMANDS) assert.match(text, new RegExp(`^ {2}${name}\\b`, 'm'))
  })

  test('is what no command at all gets, as a mistake', async () => {
    const { code, text } = await outputOf()
    assert.equal(code, 64)
    assert.match(text, /^Usage:/m)
  })

  test('of a command names every flag and variable, in lines that fit a terminal', async () => {
    for (const { name } of COMMANDS) {
      const { text } = await outputOf(...name.split(' '), '--help')
      for (const path of SETTINGS.keys()) {
        assert(text.includes(`--${flagOf(path)} `), path)
        assert(text.includes(variableOf(path)), path)
      }
      for (const line of text.split('\n')) assert(line.length <= 120, line)
    }
  })
})

test('--version is that of the package', async () => {
  assert.match((await outputOf('--version')).text, /^\d+\.\d+\.\d+\n$/)
})
