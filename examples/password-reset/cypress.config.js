import { defineConfig } from 'cypress'

export default defineConfig({
  e2e: { baseUrl: 'http://localhost:8000' },
  // `restante run -- npx cypress run` sets it.
  env: { RESTANTE_URL: process.env.RESTANTE_URL },
})
