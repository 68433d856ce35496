// @supabase/stripe-sync-engine behind Node's own http server: `node sync_engine.mjs`.
import http from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(process.env.BENCH_MODULES + '/')
const { StripeSync, runMigrations } = require('@supabase/stripe-sync-engine')

const databaseUrl = process.env.BENCH_DATABASE
// A migration that fails is only logged.
const logger = { info() {}, error: (...said) => (console.error(...said), process.exit(1)) }
await runMigrations({ databaseUrl, schema: 'stripe', logger })
const sync = new StripeSync({
  poolConfig: { connectionString: databaseUrl, max: 10 },
  stripeSecretKey: process.env.BENCH_STRIPE_KEY,
  stripeWebhookSecret: process.env.BENCH_SECRET,
})

const server = http.createServer((request, response) => {
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', async () => {
    try {
      await sync.processWebhook(Buffer.concat(parts), request.headers['stripe-signature'])
      response.writeHead(200, { 'Content-Length': 0 }).end()
    } catch (error) {
      const said = Buffer.from(String(error))
      response.writeHead(500, { 'Content-Length': said.length }).end(said)
    }
  })
})
server.keepAliveTimeout = 60000
server.listen(Number(process.env.BENCH_PORT), '127.0.0.1', () => console.log('{}'))
