// nodemailer sends two messages: with a token that is good, and with one that Gmail refuses, which it renews by itself.
// A third, whose renewal is refused too, is its own error. It looks names up by itself, so it is given addresses.
import { createTransport } from 'nodemailer'
import { done, refusal, settings } from './dialogue.mjs'

const { user, to, accessToken, badToken, clientId, clientSecret, refreshToken, ports } = settings
const transport = (port, auth) =>
  createTransport({
    host: '127.0.0.1',
    port: ports[port],
    secure: port === 465,
    requireTLS: true,
    tls: { servername: 'smtp.gmail.com' },
    auth: { type: 'OAuth2', user, ...auth },
  })
const renewing = { clientId, clientSecret, refreshToken, accessUrl: 'https://oauth2.googleapis.com/token' }
const message = (subject) => ({ from: user, to, subject, text: '.dotted\n' })

const sent = []
for (const port of [465, 587]) {
  sent.push(await transport(port, { accessToken }).sendMail(message(`by ${port}`)))
  sent.push(await transport(port, { ...renewing, accessToken: badToken }).sendMail(message(`renewed by ${port}`)))
}
const refused = await refusal(transport(465, { accessToken: badToken }).sendMail(message('refused')))
const dead = { ...renewing, refreshToken: '1//dead', accessToken: badToken }
const unrenewed = await refusal(transport(465, dead).sendMail(message('not renewed')))
const told = ({ code, responseCode, message }) => ({ code, responseCode, message })
done({ replies: sent.map(({ response }) => response), refused: told(refused), unrenewed: told(unrenewed) })
