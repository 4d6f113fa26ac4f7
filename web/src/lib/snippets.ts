// How to point an app at this server: a few settings to copy, with its real host and port in them.

export interface Snippet {
  name: string
  code: string
}

const DEFAULT_PAGE = 'http://localhost:8025'

export interface Target {
  host: string
  port: number
}

/** The address an app should use; a listener on all interfaces is reached under the page's own host. */
export function target(address: string, pageHost: string): Target {
  const match = /^\[?(.*?)\]?:(\d+)$/.exec(address)
  const host = match?.[1] ?? 'localhost'
  const everywhere = host === '' || host === '0.0.0.0' || host === '::'
  return { host: everywhere ? pageHost : host, port: Number(match?.[2] ?? 1025) }
}

export function authority({ host, port }: Target): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** `page` is the address of the inspector, which the command line finds by itself only where it is the default. */
export function snippets({ host, port }: Target, names: { environment: string; shell: string }, page = DEFAULT_PAGE): Snippet[] {
  const server = authority({ host, port })
  return [
    { name: names.environment, code: `SMTP_HOST=${host}\nSMTP_PORT=${port}\nSMTP_URL=smtp://${server}` },
    {
      name: 'Rails',
      code: `# config/environments/development.rb\nconfig.action_mailer.delivery_method = :smtp\nconfig.action_mailer.smtp_settings = { address: "${host}", port: ${port} }`,
    },
    {
      name: 'Django',
      code: `# settings.py\nEMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"\nEMAIL_HOST = "${host}"\nEMAIL_PORT = ${port}`,
    },
    { name: 'Laravel', code: `# .env\nMAIL_MAILER=smtp\nMAIL_HOST=${host}\nMAIL_PORT=${port}\nMAIL_USERNAME=null\nMAIL_PASSWORD=null` },
    {
      name: 'Node',
      code: `import nodemailer from "nodemailer"\n\nconst mail = nodemailer.createTransport({\n  host: "${host}",\n  port: ${port},\n  secure: false,\n})`,
    },
    { name: 'Spring', code: `# application.properties\nspring.mail.host=${host}\nspring.mail.port=${port}` },
    {
      name: '.NET',
      code: `// appsettings.Development.json\n"Smtp": { "Host": "${host}", "Port": ${port} }\n\n// MailKit\nawait client.ConnectAsync("${host}", ${port}, SecureSocketOptions.None);`,
    },
    { name: 'PHP', code: `; php.ini\nsendmail_path = "msmtp --host=${host} --port=${port} --from=app@example.com -t"\n\n; php.ini on Windows\nSMTP = ${host}\nsmtp_port = ${port}` },
    { name: 'Go', code: `smtp.SendMail("${server}", nil,\n\t"app@example.com", []string{"you@example.com"}, message)` },
    {
      name: names.shell,
      code: `restante send${page === DEFAULT_PAGE ? '' : ` --server ${page}`}\n\nswaks --server ${server} --from app@example.com --to you@example.com`,
    },
  ]
}
