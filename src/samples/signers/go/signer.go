// A signer for an enclave, in Go with its standard library alone: a line of text comes in over TCP, a line of JSON with an app proof of it
// goes out. docs/app.md says what each step is. Build it static, because an image has no loader and no libraries:
//
//	CGO_ENABLED=0 go build -o signer .
//	signer --port 3000 [--qos-dir DIRECTORY]
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type appProof struct {
	Scheme       string `json:"scheme"`
	PublicKey    string `json:"publicKey"`
	ProofPayload string `json:"proofPayload"`
	Signature    string `json:"signature"`
}

type signer struct {
	key       *ecdsa.PrivateKey
	publicKey string
}

// HKDF-SHA512(salt, seed, info = "", 32 bytes): one block of output is enough, so it is two HMACs.
func derive(seed []byte, salt string) []byte {
	extract := hmac.New(sha512.New, []byte(salt))
	extract.Write(seed)
	expand := hmac.New(sha512.New, extract.Sum(nil))
	expand.Write([]byte{1})
	return expand.Sum(nil)[:32]
}

func keyOf(scalar []byte) *ecdsa.PrivateKey {
	key := &ecdsa.PrivateKey{D: new(big.Int).SetBytes(scalar)}
	key.Curve = elliptic.P256()
	key.X, key.Y = key.Curve.ScalarBaseMult(scalar)
	return key
}

func point(key *ecdsa.PrivateKey) []byte { return elliptic.Marshal(key.Curve, key.X, key.Y) }

// The file holds the 32-byte seed of a key set as 64 hex digits. The public key is the encryption point, then the signing point.
func open(directory string) (*signer, error) {
	text, err := os.ReadFile(filepath.Join(directory, "qos.ephemeral.key"))
	if err != nil {
		return nil, err
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != 32 {
		return nil, fmt.Errorf("qos.ephemeral.key does not hold 64 hex digits")
	}
	encryption, signing := keyOf(derive(seed, "qos_p256_encrypt")), keyOf(derive(seed, "qos_p256_sign"))
	return &signer{signing, hex.EncodeToString(append(point(encryption), point(signing)...))}, nil
}

// ECDSA over SHA-256 of the payload's bytes, r || s with 32 bytes each.
func (s *signer) prove(line string) (appProof, error) {
	said := sha256.Sum256([]byte(line))
	payload, err := json.Marshal(map[string]string{
		"type":        "SIGNED_LINE",
		"timestampMs": strconv.FormatInt(time.Now().UnixMilli(), 10),
		"sha256":      hex.EncodeToString(said[:]),
	})
	if err != nil {
		return appProof{}, err
	}
	digest := sha256.Sum256(payload)
	r, t, err := ecdsa.Sign(rand.Reader, s.key, digest[:])
	if err != nil {
		return appProof{}, err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	t.FillBytes(signature[32:])
	return appProof{"SIGNATURE_SCHEME_EPHEMERAL_KEY_P256", s.publicKey, string(payload), hex.EncodeToString(signature)}, nil
}

// One line of at most 64 KiB in, one line out, within ten seconds.
func (s *signer) serve(client net.Conn) {
	defer client.Close()
	client.SetDeadline(time.Now().Add(10 * time.Second))
	line, err := bufio.NewReader(io.LimitReader(client, 65536)).ReadString('\n')
	if err != nil {
		return
	}
	proof, err := s.prove(strings.TrimRight(line, "\r\n"))
	if err != nil {
		log.Print(err)
		return
	}
	json.NewEncoder(client).Encode(proof)
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("signer: ")
	port := flag.Int("port", 3000, "port of 127.0.0.1 to listen on")
	directory := flag.String("qos-dir", "/", "where the enclave's files are")
	flag.Parse()

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() { <-stop; os.Exit(0) }()

	s, err := open(*directory)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("signer: listening on %s\n", listener.Addr())
	for {
		if client, err := listener.Accept(); err == nil {
			go s.serve(client)
		}
	}
}
