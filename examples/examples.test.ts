/** Every example does what it says. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { deliveredBytes } from '../test/acceptance/clients.ts'
import { HydrantProcess } from '../test/support/hydrant-process.ts'
import { pythonTools, requireService } from '../test/support/services.ts'

const LINES = Array.from({ length: 1234 }, (_, i) => `line ${i}: "quoted", \\ and ünïcödé\n`).join('')
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

describe('examples', () => {
  let server: HydrantProcess

  before(async () => {
    server = await HydrantProcess.start()
  })

  after(async () => {
    await server?.remove()
  })

  async function putsLines(command: string, file: string, stream: string): Promise<void> {
    const { status, stdout, stderr } = spawnSync(command, [here(file), stream], {
      input: LINES,
      encoding: 'utf8',
      env: {
        ...process.env,
        AWS_ENDPOINT_URL_FIREHOSE: server.url,
        AWS_ACCESS_KEY_ID: 'any',
        AWS_SECRET_ACCESS_KEY: 'any',
        AWS_REGION: 'us-east-1',
        AWS_DEFAULT_REGION: 'us-east-1',
      },
    })
    assert.equal(status, 0, stderr)
    assert.equal(stdout, `1234 lines put on ${stream}\n`)
    const bytes = Buffer.byteLength(LINES)
    const delivered = (await deliveredBytes(server.bucketsPath, stream, bytes)).toString()
    // Objects of one second lie in no order.
    assert.deepEqual(delivered.split('\n').sort(), LINES.split('\n').sort())
  }

  it('put-lines.mjs puts lines with the AWS SDK for JavaScript', () =>
    putsLines(process.execPath, 'put-lines.mjs', 'from-javascript'))

  it('put_lines.py puts lines with boto3', async (t) => {
    const tools = await requireService(t, 'boto3', pythonTools)
    if (tools !== undefined) await putsLines(tools.python, 'put_lines.py', 'from-python')
  })

  it('put-lines.sh puts lines with curl', async (t) => {
    const { status } = spawnSync('curl', ['--aws-sigv4', 'aws:amz', '--version'])
    if (status !== 0) return t.skip('curl 7.75 or newer is not on this machine')
    await putsLines('sh', 'put-lines.sh', 'from-shell')
  })

  it('hydrant.yaml is a valid configuration', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [here('../src/cli/main.ts'), 'check-config', '--config', here('hydrant.yaml')],
      {
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          ADMIN_SECRET: 'a-secret',
          SHOP_SECRET: 'b-secret',
          S3_SECRET: 'c-secret',
        },
      },
    )
    assert.equal(status, 0, stderr)
  })
})
