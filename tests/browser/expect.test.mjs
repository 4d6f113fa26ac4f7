// From a mail that came to the test that waits for it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { before } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gone } from './look.mjs'
import { scenario } from './scenario.mjs'

const run = promisify(execFile)
const CLIENTS = fileURLToPath(new URL('../../clients', import.meta.url))

// The snippets use the clients; a package finds itself by its name once it is built.
before(() => run('npm', ['run', '--silent', 'build'], { cwd: `${CLIENTS}/typescript` }))

for (const [locale, open, title] of [['en-GB', 'Expect', 'Expect this mail'], ['pt-BR', 'Esperar', 'Esperar este e-mail']]) {
  scenario(`the call that waits for a mail is written, and is met by it (${locale})`, async (stage) => {
    const server = await stage.server()
    const text = `"Grüße" & it's ~50% + more`
    const id = await server.send({ subject: text, text: 'x' })
    await server.send({ subject: 'Another', text: 'x' })
    const page = await stage.page(server, `/m/${id}`, { locale })
    await page.getByRole('button', { name: open, exact: true }).click()
    const dialog = page.getByRole('dialog', { name: title })
    const code = (name) => dialog.getByRole('region', { name }).locator('pre').innerText()
    const answer = JSON.parse((await run('sh', ['-c', await code('curl')])).stdout)
    assert.equal(answer.message.id, id)
    const typescript = await run('node', ['--input-type=module', '-e', `${await code('TypeScript')}\nconsole.log(mail.id)`], { cwd: `${CLIENTS}/typescript` })
    assert.equal(typescript.stdout.trim(), id)
    const python = await run('python3', ['-c', `${await code('Python')}\nprint(mail.id)`], { env: { ...process.env, PYTHONPATH: `${CLIENTS}/python/src`, PYTHONDONTWRITEBYTECODE: '1' } })
    assert.equal(python.stdout.trim(), id)
    assert.match(await code('restante'), /restante expect \\\n {2}--to=ann@example\.com \\\n {2}--subject=/)
    assert.match(await code('Rust'), /mail\.expect\(to\("ann@example\.com"\)\.subject\("\\"Grüße/)
    await page.keyboard.press('Escape')
    await gone(dialog)
  })
}
