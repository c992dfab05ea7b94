import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { DataDirectory } from './data-directory.ts'
import { OperatorError } from './errors.ts'

const base = mkdtempSync(join(tmpdir(), 'hydrant-directory-'))
after(() => rmSync(base, { recursive: true, force: true }))

let count = 0
const freshPath = () => join(base, String(count++), 'data')

/** A process that takes the directory and waits; its first output is `taken` or the refusal. */
async function holder(path: string): Promise<{ process: ChildProcess; said: string }> {
  const code = `
    import { DataDirectory } from ${JSON.stringify(new URL('./data-directory.ts', import.meta.url).href)}
    try { globalThis.directory = new DataDirectory(process.argv[1]); console.log('taken') }
    catch (error) { console.log(error.message) }
    setInterval(() => {}, 1000)`
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code, path]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { process: child, said: said.toString().trim() }
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function refusal(path: string): OperatorError {
  try {
    new DataDirectory(path).close()
  } catch (error) {
    assert(error instanceof OperatorError, String(error))
    return error
  }
  throw new Error('the directory was given away')
}

describe('a data directory', () => {
  test('is made for its owner alone', () => {
    const path = freshPath()
    new DataDirectory(path).close()
    assert.equal(statSync(path).mode & 0o777, 0o700)
    assert.equal(existsSync(join(path, 'server.pid')), false)
  })

  test('is refused while another process has it, which is named', async () => {
    const path = freshPath()
    const other = await holder(path)
    assert.equal(other.said, 'taken')
    const error = refusal(path)
    assert.equal(error.exitCode, 75)
    assert.match(error.message, new RegExp(`process ${other.process.pid}\\b.*HYDRANT_DATA_DIR`))
    await kill(other.process)
  })

  test('is free again after its holder was killed', async () => {
    const path = freshPath()
    const other = await holder(path)
    await kill(other.process)
    assert.equal(existsSync(join(path, 'server.pid')), true)
    new DataDirectory(path).close()
  })

  test('goes to one of several that want it at once', async () => {
    const path = freshPath()
    const holders = await Promise.all(Array.from({ length: 4 }, () => holder(path)))
    assert.equal(holders.filter(({ said }) => said === 'taken').length, 1)
    await Promise.all(holders.map((other) => kill(other.process)))
  })

  test('is refused twice in one process, and free after close', () => {
    const path = freshPath()
    const first = new DataDirectory(path)
    assert.equal(refusal(path).exitCode, 75)
    first.close()
    new DataDirectory(path).close()
  })

  test('does not believe a pid alone', () => {
    const path = freshPath()
    new DataDirectory(path).close()
    writeFileSync(join(path, 'server.pid'), `${process.pid}\n`)
    new DataDirectory(path).close()
  })

  test('that cannot be made is told with the reason', () => {
    const file = join(base, 'file')
    writeFileSync(file, '')
    const error = refusal(join(file, 'data'))
    assert.equal(error.exitCode, 73)
    assert.match(error.message, /a part of the path is not a directory.*--data-dir/)
    assert.match(refusal(file).message, /it is not a directory/)
  })
})
