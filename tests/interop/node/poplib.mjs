// poplib, which knows passwords only, lists and reads the last message, and is refused with a wrong password.
import POP3Client from 'poplib'
import { done, settings } from './dialogue.mjs'

const { user, password } = settings

function session(secret) {
  return new Promise((resolve, reject) => {
    const client = new POP3Client(995, 'pop.gmail.com', { enabletls: true, ignoretlserrs: false })
    const report = {}
    client.on('error', reject)
    client.on('tls-error', reject)
    client.on('invalid-state', reject)
    client.on('connect', () => client.login(user, secret))
    client.on('login', (status, raw) => {
      Object.assign(report, { signedIn: status, said: raw })
      if (status) client.list()
      else client.quit()
    })
    client.on('list', (status, count) => {
      report.count = count
      client.retr(count)
    })
    client.on('retr', (status, number, data) => {
      report.data = data
      client.quit()
    })
    client.on('quit', () => resolve(report))
  })
}

done({ good: await session(password), bad: await session('wrongwrongwrong!') })
