// Preloaded by `node --import`: Google's names are dialled where the network file says, and certificates are verified
// under those names. Node's own fetch and https both open connections by tls.connect, so that no library has to know.
import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import tls from 'node:tls'

const { hosts } = JSON.parse(readFileSync(process.env.NETWORK_FILE, 'utf8'))
const connect = tls.connect

tls.connect = (options, ...rest) => {
  const asked = `${options.host}:${options.port}`
  const target = hosts[asked]
  if (target === undefined) throw new Error(`nothing of the simulated Google listens on ${asked}`)
  const [, host, port] = /^(.+):(\d+)$/.exec(target)
  return connect({ ...options, servername: options.servername ?? options.host, host, port: Number(port) }, ...rest)
}
syncBuiltinESMExports()
