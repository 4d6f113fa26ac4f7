// The page in another language: every label, number and date of it, chosen by hand or by the browser.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { seen } from './look.mjs'
import { scenario } from './scenario.mjs'

const words = async (name) => {
  const source = await readFile(new URL(`../../web/src/lib/words/${name}.ts`, import.meta.url), 'utf8')
  return new Set(source.match(/'(?:[^'\\\n]|\\.)*'/g).map((text) => text.slice(1, -1)))
}

/** Texts, labels and hints of the page, as they stand in the document. */
const spoken = (page) =>
  page.evaluate(() => {
    const texts = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    // Names of headers are the mail's own.
    for (let node = walker.nextNode(); node; node = walker.nextNode()) if (!node.parentElement.closest('.headers th')) texts.push(node.data)
    for (const element of document.body.querySelectorAll('*')) {
      for (const name of ['title', 'aria-label', 'placeholder', 'alt']) texts.push(element.getAttribute(name) ?? '')
    }
    return texts.map((text) => text.trim()).filter((text) => text !== '')
  })

const MAIL = {
  from: { name: 'Padaria São João', address: 'pedidos@padaria.example' },
  to: { name: 'Ana Souza', address: 'ana@exemplo.example' },
  cc: 'bia@exemplo.example',
  subject: 'Seu pedido saiu para entrega',
  text: 'Olá, Ana!\n',
  html: '<p>Olá, Ana! <a href="https://padaria.example/p/1">Acompanhe</a></p><img src="https://padaria.example/l.png">',
  attachments: [{ filename: 'nota.bin', content: Buffer.alloc(1500) }],
  envelope: { from: 'pedidos@padaria.example', to: ['ana@exemplo.example', 'oculto@exemplo.example'] },
}

/** The blocked picture. */
const ELSEWHERE = [/padaria\.example/, /img-src/]

scenario('a Brazilian browser sees nothing in English', async (stage) => {
  const [english, portuguese] = [await words('en'), await words('pt-BR')]
  const foreign = new Set([...english].filter((text) => !portuguese.has(text) && /[a-z]{3}/i.test(text)))
  const server = await stage.server()
  const page = await stage.page(server, '/', { locale: 'pt-BR', allow: ELSEWHERE })
  const all = async (what) => assert.deepEqual((await spoken(page)).filter((text) => foreign.has(text)), [], what)
  await seen(page.getByRole('heading', { name: 'Aguardando e-mails' }))
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'pt-BR')
  await all('empty')
  const id = await server.send(MAIL)
  await seen(page.getByRole('listbox', { name: 'Mensagens' }).getByRole('option'))
  await all('list')
  await page.goto(`/m/${id}`)
  await seen(page.getByRole('article', { name: 'Mensagem' }))
  const tabs = page.getByRole('tablist', { name: 'Visões da mensagem' }).getByRole('tab')
  for (let n = 0; n < (await tabs.count()); n += 1) {
    await tabs.nth(n).click()
    await seen(page.getByRole('tabpanel').locator('> *').first())
    await all(await tabs.nth(n).textContent())
  }
  for (const [key, name] of [['?', 'Atalhos de teclado'], [',', 'Configurações'], ['c', 'Escrever uma mensagem'], ['Control+k', 'Comandos']]) {
    await page.keyboard.press(key)
    await seen(page.getByRole('dialog', { name }))
    await all(name)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name }).waitFor({ state: 'detached' })
  }
  await page.keyboard.press('x')
  await seen(page.getByRole('toolbar', { name: 'Mensagens selecionadas' }))
  await all('chosen')
  const { session_id: session } = await server.json(`/v1/messages/${id}`)
  await page.goto(`/s/${session}`)
  await seen(page.getByRole('list', { name: 'Diálogo' }))
  await all('session')
})

scenario('language and time zone are chosen in the settings and kept', async (stage) => {
  const server = await stage.server()
  const id = await server.send({ ...MAIL, date: new Date('2026-03-20T02:30:00Z') })
  const page = await stage.page(server, `/m/${id}`, { allow: ELSEWHERE })
  const date = page.getByRole('article').locator('time').first()
  await seen(date)
  assert.equal(await date.textContent(), '2026-03-20 02:30:00 +00:00')
  await page.keyboard.press(',')
  await page.getByLabel('Language').selectOption('Português (Brasil)')
  await seen(page.getByRole('dialog', { name: 'Configurações' }))
  // The keyboard stays where it was, though everything is written anew.
  assert.equal(await page.evaluate(() => document.activeElement.id), 'set-language')
  await page.getByLabel('Fuso horário').selectOption('America/Sao_Paulo')
  await page.keyboard.press('Escape')
  await page.getByText('19/03/2026 23:30:00 -03:00').waitFor()
  await seen(page.getByRole('article', { name: 'Mensagem' }).getByText('1,5 KiB').first())
  await page.reload()
  await page.getByText('19/03/2026 23:30:00 -03:00').waitFor()
  await seen(page.getByRole('article', { name: 'Mensagem' }))
  await page.keyboard.press(',')
  await page.getByLabel('Idioma').selectOption('English')
  await seen(page.getByRole('dialog', { name: 'Settings' }))
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en')
})

scenario('the settings say what the server was told, and by whom', async (stage) => {
  const server = await stage.server({ args: ['--max-errors', '7'], env: { RESTANTE_MAX_RECIPIENTS: '5' } })
  const page = await stage.page(server)
  await seen(page.getByRole('heading', { name: 'Waiting for mail' }))
  await page.keyboard.press(',')
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await seen(dialog.getByRole('row', { name: '--max-errors 7 flag' }))
  await seen(dialog.getByRole('row', { name: '--max-recipients 5 RESTANTE_MAX_RECIPIENTS' }))
  await dialog.getByText(/settings as they are by default/).click()
  await seen(dialog.getByRole('row', { name: '--max-message-size 50MiB default' }))
  await seen(dialog.getByRole('row', { name: '--store not set default' }))
})
