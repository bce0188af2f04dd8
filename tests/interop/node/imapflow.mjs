// A session of imapflow: it signs in by the mechanism it prefers, reads, flags, and idles until mail
// comes, which may be before the server has heard of IDLE.
import { ImapFlow } from 'imapflow'
import { done, refusal, settings } from './dialogue.mjs'

const { user, accessToken, badToken } = settings
const client = (token) =>
  new ImapFlow({
    host: 'imap.gmail.com',
    port: 993,
    secure: true,
    auth: { user, accessToken: token },
    clientInfo: { name: 'interop' },
    logger: false,
  })

const refused = client(badToken)
refused.on('error', () => {})
const error = await refusal(refused.connect())

const flow = client(accessToken)
await flow.connect()
const lock = await flow.getMailboxLock('INBOX')
const message = await flow.fetchOne('1', { source: true, labels: true, envelope: true, bodyStructure: true })
await flow.messageFlagsAdd('1', ['\\Seen'])
const arrival = new Promise((resolve) => flow.once('exists', resolve))
const idling = flow.idle()
process.stdout.write(`${JSON.stringify({ idling: true })}\n`)
const { count } = await arrival
await flow.noop() // ends IDLE
await idling
lock.release()
await flow.logout()

done({
  server: flow.serverInfo,
  source: message.source.toString('base64'),
  subject: message.envelope.subject,
  type: message.bodyStructure.type,
  count,
  refused: { failed: error.authenticationFailed, said: error.responseText, code: error.serverResponseCode },
})
