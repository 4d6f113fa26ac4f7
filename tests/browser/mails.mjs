// Mails for the tests, as nodemailer describes them.
export const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64')
export const PDF = Buffer.from(`%PDF-1.7\n${'0123456789abcdef'.repeat(500)}\n%%EOF\n`)

export const WELCOME = {
  subject: 'Welcome to Acme, Jörg',
  from: { name: 'Acme', address: 'hello@acme.example' },
  to: [{ name: 'Jörg Müller', address: 'joerg@example.com' }],
  text: 'Hello Jörg,\nyour account is ready: https://acme.example/start\n',
  html: '<h1>Hello Jörg</h1><p>Your account is ready.</p><img id="logo" src="cid:logo@acme.example" alt="Acme">',
  headers: { 'X-Campaign': 'welcome-7' },
  attachments: [
    { filename: 'logo.png', content: PNG, cid: 'logo@acme.example', contentDisposition: 'inline' },
    { filename: 'terms.pdf', content: PDF, contentType: 'application/pdf' },
  ],
}

/** A mail that is nothing but a picture; `jpeg` is its bytes. */
export function picture(jpeg) {
  const head = [
    'From: camera@example.com', 'To: ann@example.com', 'Date: Sun, 22 Nov 2026 21:00:00 +0000', 'Message-ID: <picture@example.com>',
    'Subject: Front door', 'MIME-Version: 1.0', 'Content-Type: image/jpeg', 'Content-Transfer-Encoding: base64',
  ]
  const lines = jpeg.toString('base64').replace(/.{76}/g, '$&\r\n')
  return { envelope: { from: 'camera@example.com', to: ['ann@example.com'] }, raw: `${head.join('\r\n')}\r\n\r\n${lines}\r\n` }
}

/** A picture that the browser itself has drawn. */
export async function drawJpeg(page) {
  const url = await page.evaluate(() => {
    const canvas = document.createElement('canvas')
    canvas.width = 64
    canvas.height = 48
    const pen = canvas.getContext('2d')
    pen.fillStyle = 'teal'
    pen.fillRect(0, 0, 64, 48)
    return canvas.toDataURL('image/jpeg')
  })
  return Buffer.from(url.split(',')[1], 'base64')
}
