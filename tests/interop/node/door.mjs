// Uses the door as a Node test does: many deliveries at once, the clock, a fault, and what became of them.
import { readFileSync } from 'node:fs'

const { url, token } = JSON.parse(readFileSync(process.env.GMAILSYNC_NETWORK, 'utf8')).door

const call = async (method, path, body, type = 'application/json', authorization = `Bearer ${token}`) => {
  const answer = await fetch(url + path, { method, headers: { authorization, 'content-type': type }, body })
  return { status: answer.status, told: await answer.json() }
}
const post = (path, body) => call('POST', path, JSON.stringify(body))

const account = await post('/accounts', { address: 'node@contoso.com', name: 'Node' })
const raw = (number) => Buffer.concat([Buffer.from(`Subject: ${number}\r\n\r\n`), Buffer.from([0xff, 0x00, 0x0a])])
const delivered = await Promise.all(
  Array.from({ length: 20 }, (_, number) => call('POST', '/mail/node@contoso.com', raw(number), 'message/rfc822')),
)
await post('/tokens', { address: 'node@contoso.com' })
await post('/faults', { where: 'imap', when: 'FETCH', what: 'reset', times: 1, optional: true })
const before = (await call('GET', '/clock')).told.now
await post('/clock', { by: '+2h' })

console.log(JSON.stringify({
  account: account.told.address,
  statuses: [...new Set(delivered.map(({ status }) => status))],
  subjects: (await call('GET', '/mail/node@contoso.com')).told.map(({ subject }) => Number(subject)),
  hours: (new Date((await call('GET', '/clock')).told.now) - new Date(before)) / 3600000,
  faults: (await call('GET', '/faults')).told.map(({ name, fired }) => [name, fired]),
  death: (await call('GET', '/grants')).told.tokens.at(-1).death,
  refused: await post('/clock', { by: 'soon' }),
  stranger: (await call('GET', '/state', undefined, undefined, 'Bearer guess')).status,
}))
