// The network map for Node: `node --import .../fakes/network.mjs program` with GMAILSYNC_NETWORK naming a network file.
//
// Google's names are dialled where the file says, and certificates are verified under those names by the file's
// authority alone. Node's own fetch and https both open connections by tls.connect, so that no library has to know. One
// that looks names up by itself may be given the address that the file has; it still says whose certificate it wants.
import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, resolve } from 'node:path'
import tls from 'node:tls'

const file = process.env.GMAILSYNC_NETWORK
if (!file) throw new Error('GMAILSYNC_NETWORK does not name a network file')
const { ca_file, hosts } = JSON.parse(readFileSync(file, 'utf8'))
const ca = readFileSync(resolve(dirname(file), ca_file))
const addresses = new Set(Object.values(hosts))
const connect = tls.connect

tls.connect = (options, ...rest) => {
  if (options.socket) return connect({ ...options, ca }, ...rest) // STARTTLS: it is connected already
  const asked = `${options.host}:${options.port}`
  const target = addresses.has(asked) ? asked : hosts[asked]
  if (target === undefined) throw new Error(`nothing of the simulated Google listens on ${asked}`)
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(target)
  const servername = options.servername || options.host
  return connect({ ...options, ca, servername, host, port: Number(port) }, ...rest)
}
syncBuiltinESMExports()
