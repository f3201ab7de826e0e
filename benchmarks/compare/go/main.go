// net/http among the clients of benchmarks/compare; clients/task.hpp has the words. The server decides on HTTP/2.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type answer struct {
	Choices []struct {
		Delta, Message *delta
		FinishReason   string `json:"finish_reason"`
	}
	Usage *struct {
		CompletionTokens int64 `json:"completion_tokens"`
	}
}

type delta struct {
	Content          string
	ReasoningContent string `json:"reasoning_content"`
}

// What has been seen of one answer.
type seen struct {
	tokens, usage int64
	reason        string
	done          bool
}

func (s *seen) add(text []byte) error {
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return err
	}
	for _, c := range a.Choices {
		for _, d := range []*delta{c.Delta, c.Message} {
			if d != nil && (d.Content != "" || d.ReasoningContent != "") {
				s.tokens++
			}
		}
		if c.FinishReason != "" {
			s.reason = c.FinishReason
		}
	}
	if a.Usage != nil {
		s.usage = a.Usage.CompletionTokens
	}
	return nil
}

type task struct {
	streamed                bool
	url, body               string
	total, tokens, parallel int64
	left, count             atomic.Int64
	client                  *http.Client
}

func (t *task) ask() error {
	r, err := t.client.Post(t.url, "application/json", strings.NewReader(t.body))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return errors.New(r.Status)
	}
	var s seen
	if !t.streamed {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		if err = s.add(text); err != nil {
			return err
		}
		if s.tokens != 1 || s.usage == 0 || s.reason != "stop" {
			return errors.New("an answer is not complete")
		}
		t.count.Add(1)
		return nil
	}
	lines := bufio.NewScanner(r.Body)
	for lines.Scan() {
		event, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok {
			continue
		}
		if bytes.Equal(event, []byte("[DONE]")) {
			s.done = true
		} else if err := s.add(event); err != nil {
			return err
		}
	}
	if lines.Err() != nil || !s.done || s.tokens != t.tokens || s.usage != s.tokens || s.reason != "stop" {
		return fmt.Errorf("an answer is not complete: %+v %v", s, lines.Err())
	}
	t.count.Add(s.tokens)
	return nil
}

func main() {
	if len(os.Args) != 7 {
		log.Fatal("usage: stream|call URL CA_FILE MODEL N M")
	}
	first, _ := strconv.ParseInt(os.Args[5], 10, 64)
	second, _ := strconv.ParseInt(os.Args[6], 10, 64)
	t := &task{streamed: os.Args[1] == "stream", url: os.Args[2] + "/v1/chat/completions", total: first}
	more := ""
	if t.streamed {
		t.tokens, t.parallel, more = second, first, `,"stream":true,"stream_options":{"include_usage":true}`
	} else {
		t.parallel = second
	}
	t.left.Store(first)
	t.body = `{"model":"` + os.Args[4] + `","messages":[{"role":"user","content":"Hello"}]` + more + `}`
	t.client = &http.Client{Transport: transport(os.Args[3], int(t.parallel))}

	var all sync.WaitGroup
	for range t.parallel {
		all.Go(func() {
			for t.left.Add(-1) >= 0 {
				if err := t.ask(); err != nil {
					log.Fatal(err)
				}
			}
		})
	}
	all.Wait()
	status, _ := os.ReadFile("/proc/self/status")
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Printf("count=%d peak_kb=%s\n", t.count.Load(), strings.Fields(peak)[0])
}

func transport(caFile string, parallel int) *http.Transport {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		log.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem)
	dialer := &net.Dialer{Timeout: time.Minute}
	return &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: trusted, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: parallel,
		DialContext: func(c context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(c, network, address)
		},
	}
}
