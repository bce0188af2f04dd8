// What a program and the test that runs it say to each other: one JSON value a line.
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)
const hear = async () => JSON.parse((await lines.next()).value)

/** The client's registration and the scopes to ask for. */
export const settings = await hear()

/** Let the owner open the authorization URL; the URL that Google redirects to. */
export async function consent(url, { deny = false } = {}) {
  say({ open: String(url), deny })
  return new URL(await hear())
}

/** The error that the promise is rejected with. */
export async function refusal(promise) {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('not refused')
}

/** Report to the test and end. */
export function done(report) {
  say({ done: report })
  process.stdin.destroy()
}
