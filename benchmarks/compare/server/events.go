package main

import (
	"fmt"
	"strings"
)

// Events as OpenAI sends them, of about 280 bytes.
const (
	eventStart = `"object":"chat.completion.chunk","created":1760000000,"model":"gpt-5-mini-2025-08-07",` +
		`"service_tier":"default","system_fingerprint":"fp_560af6e559","choices":`
	fixedID = "chatcmpl-CRq1aHmkbvrLBYkZTZYhSrgtLlGQ5"
	padding = "abcdefghijklmnop"
)

var words = []string{"the", " stream", " is", " regulated", " by", " a", " weir", ","}

type events struct {
	variant string
	buffer  []byte
}

func newEvents(variant string) *events { return &events{variant: variant} }

// token is the event of one token; it is good until the next call.
func (e *events) token(i int) []byte {
	word := words[i%len(words)]
	b := e.buffer[:0]
	switch e.variant {
	case "obfuscated":
		b = fmt.Appendf(b, `data: {"id":"chatcmpl-CRq1aHmkbvrLBYkZTZYh%09d",%s[{"index":0,"delta":{"content":"%s"},`+
			`"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"%s"}`+"\n\n",
			i*7919%900000000+100000000, eventStart, word, padding[:1+i*5%16])
	case "reasoning":
		b = append(b, `data: {"id":"`+fixedID+`",`+eventStart+`[{"index":0,"delta":{"reasoning_content":"`...)
		b = append(b, word...)
		b = append(b, `"},"logprobs":null,"finish_reason":null}],"usage":null}`+"\n\n"...)
	case "logprobs":
		b = fmt.Appendf(b, `data: {"id":"%s",%s[{"index":0,"delta":{"content":"%s"},"logprobs":{"content":[`+
			`{"token":"%s","logprob":-0.31725305,"bytes":[32,119,101,105,114],"top_logprobs":[`+
			`{"token":"%s","logprob":-0.31725305,"bytes":[32,119,101,105,114]},`+
			`{"token":" other","logprob":-2.9402,"bytes":[32,111,116,104,101,114]}]}],"refusal":null},`+
			`"finish_reason":null}],"usage":null}`+"\n\n", fixedID, eventStart, word, word, word)
	default:
		b = append(b, `data: {"id":"`+fixedID+`",`+eventStart+`[{"index":0,"delta":{"content":"`...)
		b = append(b, word...)
		b = append(b, `"},"logprobs":null,"finish_reason":null}],"usage":null}`+"\n\n"...)
	}
	e.buffer = b
	return b
}

func (e *events) end(tokens int) []byte {
	start := `data: {"id":"` + fixedID + `",` + eventStart
	return []byte(start + `[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}` + "\n\n" +
		start + fmt.Sprintf(`[],"usage":{"prompt_tokens":9,"completion_tokens":%d,"total_tokens":%d}}`+"\n\n",
		tokens, tokens+9) + "data: [DONE]\n\n")
}

// wholeAnswer is a complete answer of that many bytes.
func wholeAnswer(size int) []byte {
	const head = `{"id":"` + fixedID + `","object":"chat.completion","created":1760000000,` +
		`"model":"gpt-5-mini-2025-08-07","choices":[{"index":0,"message":{"role":"assistant","content":"`
	const tail = `","refusal":null},"logprobs":null,"finish_reason":"stop"}],` +
		`"usage":{"prompt_tokens":9,"completion_tokens":140,"total_tokens":149}}`
	text := strings.Repeat(" weir", max(1, (size-len(head)-len(tail))/len(" weir")))
	return []byte(head + text + tail)
}
