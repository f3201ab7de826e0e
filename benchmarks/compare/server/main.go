// The server of benchmarks/compare: an independent TLS and HTTP/2, so that no client is measured against its own kin.
//
//	server CA_FILE
//
// Writes the certificate to trust into CA_FILE and prints one line of JSON: the ports by kind. What a request is
// answered with is in the name of its model, which every client can choose:
//
//	stream/VARIANT/TOKENS/INTERVAL_MS   events, one each INTERVAL_MS; 0: as fast as they are taken
//	whole/BYTES                         a complete answer of that size
//	close/BYTES                         the same, and the connection ends
//
// GET /count tells how many requests came by which version of HTTP, and how many connections were resumed.
// It ends when its standard input does.
package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

var requests [3]atomic.Int64 // by major version
var handshakes, resumed atomic.Int64

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: server CA_FILE")
	}
	identity, ca := makeIdentity()
	if err := os.WriteFile(os.Args[1], ca, 0o600); err != nil {
		log.Fatal(err)
	}
	ports := map[string]int{}
	for _, kind := range []string{"h1", "h1-fresh", "h2", "h2-fresh"} {
		ports[kind] = serve(kind, identity)
	}
	json.NewEncoder(os.Stdout).Encode(ports)
	io.Copy(io.Discard, os.Stdin)
}

// Listens for one kind of connection: "fresh" ones get no ticket to resume with.
func serve(kind string, identity tls.Certificate) int {
	version, fresh, _ := strings.Cut(kind, "-")
	config := &tls.Config{
		MinVersion:             tls.VersionTLS13,
		Certificates:           []tls.Certificate{identity},
		SessionTicketsDisabled: fresh != "",
		VerifyConnection: func(state tls.ConnectionState) error {
			handshakes.Add(1)
			if state.DidResume {
				resumed.Add(1)
			}
			return nil
		},
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(version == "h2")
	server := &http.Server{
		Handler:     http.HandlerFunc(answer),
		TLSConfig:   config,
		Protocols:   protocols,
		ConnContext: withConnection,
		ErrorLog:    log.New(io.Discard, "", 0), // Clients that end do so in the middle of a connection.
		HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: 5000},
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.ServeTLS(holdingListener{listener}, "", "")
	return listener.Addr().(*net.TCPAddr).Port
}

func answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/count" {
		json.NewEncoder(w).Encode(map[string]int64{"h1": requests[1].Load(), "h2": requests[2].Load(),
			"handshakes": handshakes.Load(), "resumed": resumed.Load()})
		return
	}
	requests[r.ProtoMajor].Add(1)
	var asked struct {
		Model string `json:"model"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, `{"error":{"message":"no JSON"}}`, http.StatusBadRequest)
		return
	}
	io.Copy(io.Discard, r.Body)
	parts := strings.Split(asked.Model, "/")
	number := func(i int) int {
		n := 0
		if i < len(parts) {
			n, _ = strconv.Atoi(parts[i])
		}
		return n
	}
	switch {
	case parts[0] == "stream" && len(parts) == 4:
		stream(w, r, parts[1], number(2), time.Duration(number(3))*time.Millisecond)
	case parts[0] == "whole" || parts[0] == "close":
		body := wholeAnswer(number(1))
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if parts[0] == "close" {
			w.Header().Set("Connection", "close")
		}
		w.Write(body)
	default:
		http.Error(w, fmt.Sprintf(`{"error":{"message":"no such model: %s"}}`, asked.Model), http.StatusNotFound)
	}
}

var started atomic.Int64

// Each event is flushed by itself, so that it is a chunk, or a frame, and a TLS record of its own, as providers send it.
func stream(w http.ResponseWriter, r *http.Request, variant string, tokens int, interval time.Duration) {
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := w.(http.Flusher)
	flusher.Flush()
	var ticker *time.Ticker
	if interval > 0 {
		// Streams that began together are spread over the interval.
		time.Sleep(interval * time.Duration(started.Add(1)*7919%1000) / 1000)
		ticker = time.NewTicker(interval)
		defer ticker.Stop()
	} else {
		held := connectionOf(r)
		held.hold(true)
		defer held.hold(false)
	}
	events := newEvents(variant)
	for i := 0; i < tokens; i++ {
		if ticker != nil {
			<-ticker.C
		}
		if _, err := w.Write(events.token(i)); err != nil {
			return
		}
		flusher.Flush()
	}
	w.Write(events.end(tokens))
}
