package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

const heldBytes = 64 << 10

// A connection that can hold back what is written: many TLS records then leave in one system call, or the server would
// be slower than the clients that it saturates.
type holdingConn struct {
	net.Conn
	mutex   sync.Mutex
	holders int
	held    []byte
}

func (c *holdingConn) Write(p []byte) (int, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.holders == 0 {
		return c.Conn.Write(p)
	}
	c.held = append(c.held, p...)
	if len(c.held) >= heldBytes {
		return len(p), c.flush()
	}
	return len(p), nil
}

func (c *holdingConn) flush() error {
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.held)
	c.held = c.held[:0]
	return err
}

func (c *holdingConn) hold(on bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !on {
		c.holders--
		c.flush()
		return
	}
	c.holders++
	if c.holders == 1 {
		go c.flushOften()
	}
}

// For what would wait for an answer: without it, a window of HTTP/2 that is used up would never be opened.
func (c *holdingConn) flushOften() {
	for {
		time.Sleep(time.Millisecond)
		c.mutex.Lock()
		err, done := c.flush(), c.holders == 0
		c.mutex.Unlock()
		if done || err != nil {
			return
		}
	}
}

type holdingListener struct{ net.Listener }

func (l holdingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &holdingConn{Conn: c}, nil
}

type connectionKey struct{}

func withConnection(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, c.(*tls.Conn).NetConn())
}

func connectionOf(r *http.Request) *holdingConn {
	return r.Context().Value(connectionKey{}).(*holdingConn)
}
