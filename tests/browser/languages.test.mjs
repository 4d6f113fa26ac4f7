// The page in another language: every label, number and date of it, chosen by hand or by the browser.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { seen } from './look.mjs'
import { scenario } from './scenario.mjs'

/** The words of a language's file, in all its texts, those with numbers and names in them too. */
const words = async (name) => {
  let source = await readFile(new URL(`../../web/src/lib/words/${name}.ts`, import.meta.url), 'utf8')
  for (let before = ''; before !== source; ) [before, source] = [source, source.replace(/\$\{[^{}]*\}/g, ' ')]
  const texts = source.match(/'(?:[^'\\\n]|\\.)*'|`[^`]*`/g)
  return new Set(texts.flatMap((text) => text.toLowerCase().match(/\p{L}{4,}/gu) ?? []))
}

/** What is not the page's to say: the mail's own, the dialogue's, names of settings, and what is marked as English. */
const OTHERS = 'noscript, .headers tr, .compare tr:not(.closed), .transcript .text, .tree .type, code, pre, kbd, .mono, [lang=en], #set-zone'

/** Texts, labels and hints of the page, as they stand in the document. */
const spoken = (page) =>
  page.evaluate((others) => {
    const texts = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) if (!node.parentElement.closest(others)) texts.push(node.data)
    for (const element of document.body.querySelectorAll('*')) {
      if (element.closest(others)) continue
      for (const name of ['title', 'aria-label', 'placeholder', 'alt']) texts.push(element.getAttribute(name) ?? '')
    }
    // Variables of the environment have names of their own.
    return texts.map((text) => text.replace(/RESTANTE_\w+/g, '').trim()).filter((text) => text !== '')
  }, OTHERS)

/** Names that come from the server. */
const NAMES = ['default']

/** Asks a page for the texts that have a word of the English file in them which the Portuguese one has not. */
async function foreigners() {
  const english = await words('en')
  for (const word of [...(await words('pt-BR')), ...NAMES]) english.delete(word)
  return async (page) => (await spoken(page)).filter((text) => (text.toLowerCase().match(/\p{L}{4,}/gu) ?? []).some((word) => english.has(word)))
}

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
  const foreign = await foreigners()
  const server = await stage.server()
  const page = await stage.page(server, '/', { locale: 'pt-BR', allow: [...ELSEWHERE, /status of 400/] })
  const all = async (what) => assert.deepEqual(await foreign(page), [], what)
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
  // It would be found.
  await page.evaluate(() => document.body.append('Search messages'))
  assert.deepEqual(await foreign(page), ['Search messages'])
})

scenario('nor in what is searched, compared, written, expected and set', async (stage) => {
  const foreign = await foreigners()
  const server = await stage.server()
  const page = await stage.page(server, '/', { locale: 'pt-BR', allow: [...ELSEWHERE, /status of 40[04]/] })
  const all = async (what) => assert.deepEqual(await foreign(page), [], what)
  const id = await server.send(MAIL)
  const other = await server.send({ ...MAIL, subject: 'Seu pedido foi entregue', text: 'Tchau!\n', html: '<p>Tchau, Ana!</p>', attachments: [] })
  await server.deposit('testes', 'From: a@exemplo.example\r\nTo: b@exemplo.example\r\nSubject: Sem data\r\n\r\nx\r\n')
  await page.goto(`/?q=${encodeURIComponent('pedido has:nada')}`)
  const fault = page.getByRole('search').getByRole('alert')
  await seen(fault.getByText('A busca não pode ser lida a partir do trecho marcado.'))
  assert.equal(await fault.locator('mark').textContent(), 'nada')
  await all('a wrong query')
  await page.getByRole('combobox', { name: 'Buscar mensagens' }).fill('')
  for (const typed of ['ha', 'has:', 'is:']) {
    await page.getByRole('combobox', { name: 'Buscar mensagens' }).fill(typed)
    await seen(page.getByRole('listbox', { name: 'Sugestões' }).getByRole('option').first())
    await all(`completions of ${typed}`)
  }
  await page.goto('/')
  for (const name of ['Caixa: Todas', 'Etiqueta', /^Ordem: /]) {
    await page.getByRole('button', { name, exact: true }).click()
    await seen(page.locator('.choices'))
    await all(`the menu ${name}`)
    await page.keyboard.press('Escape')
  }
  await page.getByRole('button', { name: 'Excluir todas' }).click()
  await seen(page.getByRole('dialog'))
  await all('the question before all is deleted')
  await page.keyboard.press('Escape')
  for (const tab of ['headers', 'text', 'source', 'html']) {
    await page.goto('/')
    await page.goto(`/c/${id}/${other}#${tab}`)
    await seen(page.getByRole('article', { name: 'Duas mensagens comparadas' }).getByRole('tabpanel').locator('table, iframe').first())
    await all(`compare ${tab}`)
  }
  await page.goto('/s')
  await seen(page.getByRole('listbox', { name: 'Sessões' }).getByRole('option').first())
  await all('sessions')
  await page.getByRole('searchbox').fill('ninguém')
  await seen(page.getByText('Nenhuma sessão corresponde'))
  await all('no session')
  await page.goto(`/m/${id}`)
  await seen(page.getByRole('article', { name: 'Mensagem' }))
  for (const [key, name] of [['r', 'Escrever uma mensagem'], ['f', 'Escrever uma mensagem'], [',', 'Configurações']]) {
    await page.keyboard.press(key)
    const dialog = page.getByRole('dialog', { name })
    await seen(dialog)
    if (key === 'r') await dialog.getByRole('button', { name: 'HTML' }).click()
    if (key === ',') await dialog.locator('summary').click()
    await all(`${name} ${key}`)
    if (key === 'r') await dialog.getByRole('button', { name: 'Editar a mensagem bruta' }).click()
    await all(`${name} ${key}, raw`)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  }
  await page.getByRole('button', { name: 'Esperar', exact: true }).click()
  await seen(page.getByRole('dialog', { name: 'Esperar este e-mail' }))
  await all('expect')
  await page.keyboard.press('Escape')
  await page.keyboard.press('#')
  await seen(page.getByRole('button', { name: 'Desfazer' }))
  await all('deleted')
  for (const path of ['/nada/aqui', '/m/nada', '/s/nada']) {
    await page.goto(path)
    await seen(page.locator('.nothing a'))
    await all(path)
  }
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
