// undici among the clients of benchmarks/compare; clients/task.hpp has the words.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'

const [kind, url, caFile, model, first, second] = process.argv.slice(2)
const streamed = kind === 'stream'
const tokens = Number(second)
let left = Number(first)
let count = 0
const parallel = streamed ? Number(first) : Number(second)
const dispatcher = new Agent({
  connect: { ca: readFileSync(caFile), timeout: 60000 },
  connections: parallel,
  bodyTimeout: 0,
  headersTimeout: 0
})
const body = JSON.stringify({
  model,
  messages: [{ role: 'user', content: 'Hello' }],
  ...(streamed ? { stream: true, stream_options: { include_usage: true } } : {})
})

class Seen {
  tokens = 0
  usage = 0
  reason = null
  done = false

  add (text) {
    const answer = JSON.parse(text)
    for (const choice of answer.choices) {
      const delta = choice.delta ?? choice.message
      if (delta.content || delta.reasoning_content) this.tokens++
      if (choice.finish_reason) this.reason = choice.finish_reason
    }
    if (answer.usage) this.usage = answer.usage.completion_tokens
  }

  line (line) {
    if (line === 'data: [DONE]') this.done = true
    else if (line.startsWith('data: ')) this.add(line.slice(6))
  }
}

async function ask () {
  const answer = await request(url + '/v1/chat/completions', {
    method: 'POST', dispatcher, headers: { 'content-type': 'application/json' }, body
  })
  if (answer.statusCode !== 200) throw new Error('status ' + answer.statusCode)
  const seen = new Seen()
  if (!streamed) {
    seen.add(await answer.body.text())
    if (seen.tokens !== 1 || !seen.usage || seen.reason !== 'stop') throw new Error('an answer is not complete')
    count++
    return
  }
  answer.body.setEncoding('utf8')
  let rest = ''
  for await (const chunk of answer.body) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    for (const line of lines) seen.line(line)
  }
  if (!seen.done || seen.tokens !== tokens || seen.usage !== tokens || seen.reason !== 'stop') {
    throw new Error('an answer is not complete: ' + JSON.stringify(seen))
  }
  count += seen.tokens
}

async function work () {
  while (left > 0) {
    left--
    await ask()
  }
}

await Promise.all(Array.from({ length: parallel }, work))
await dispatcher.close()
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
console.log(`count=${count} peak_kb=${peak}`)
