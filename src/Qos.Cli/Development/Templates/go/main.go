// NAME: an app for an enclave. GET /health says that it is well; POST /answer gives a signed answer, whose proof anyone can check.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// The node signs for the app, on a socket that nobody else reaches. What is signed is the body, byte for byte.
var node = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
	DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", "/run/qos.sock")
	},
}}

func prove(payload []byte) (json.RawMessage, error) {
	answer, err := node.Post("http://app/v1/proof", "application/octet-stream", bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	proof, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the node answers %s: %s", answer.Status, proof)
	}
	return proof, err
}

func answer(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "POST the question here", http.StatusMethodNotAllowed)
		return
	}
	question, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
	if err != nil {
		http.Error(w, "the question is too long", http.StatusRequestEntityTooLarge)
		return
	}

	// The question's hash is in the payload, or the proof could be shown beside another question; the type tells it from proofs of another kind.
	asked := sha256.Sum256(question)
	payload, _ := json.Marshal(map[string]string{
		"type":           "NAME_ANSWER",
		"timestampMs":    strconv.FormatInt(time.Now().UnixMilli(), 10),
		"questionSha256": hex.EncodeToString(asked[:]),
		"answer":         fmt.Sprintf("%d bytes", len(question)),
	})
	proof, err := prove(payload)
	if err != nil {
		log.Print(err)
		http.Error(w, "the answer cannot be signed", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]json.RawMessage{"appProof": proof})
}

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() { <-stop; os.Exit(0) }()

	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	http.HandleFunc("/answer", answer)
	server := &http.Server{Addr: "127.0.0.1:3000", ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: time.Minute}
	fmt.Println("NAME: listening on", server.Addr)
	log.Fatal(server.ListenAndServe())
}
