// Go's net/smtp sends the cases that batch.py asks for.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"strings"
)

// The fields of a line.
const (
	name = iota
	security
	port
	ca
	mechanism
	user
	secret
	sender
	recipients
	mail
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		asked := strings.Split(lines.Text(), "\t")
		if err := send(asked); err != nil {
			fmt.Printf("%s\t%s\n", asked[name], strings.ReplaceAll(err.Error(), "\n", " "))
		}
	}
}

func send(asked []string) error {
	client, err := connect(asked)
	if err != nil {
		return err
	}
	defer client.Close()
	if auth := login(asked); auth != nil {
		if err := client.Auth(auth); err != nil {
			return err
		}
	}
	if err := client.Mail(asked[sender]); err != nil {
		return err
	}
	for _, recipient := range strings.Split(asked[recipients], ",") {
		if err := client.Rcpt(recipient); err != nil {
			return err
		}
	}
	bytes, err := os.ReadFile(asked[mail])
	if err != nil {
		return err
	}
	data, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write(bytes); err != nil {
		return err
	}
	if err := data.Close(); err != nil {
		return err
	}
	return client.Quit()
}

func connect(asked []string) (*smtp.Client, error) {
	pem, err := os.ReadFile(asked[ca])
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem)
	settings := &tls.Config{ServerName: "localhost", RootCAs: trusted}
	address := net.JoinHostPort("localhost", asked[port])
	var stream net.Conn
	if asked[security] == "implicit" {
		stream, err = tls.Dial("tcp", address, settings)
	} else {
		stream, err = net.Dial("tcp", address)
	}
	if err != nil {
		return nil, err
	}
	client, err := smtp.NewClient(stream, "localhost")
	if err != nil {
		return nil, err
	}
	if err := client.Hello("app.local"); err != nil {
		return nil, err
	}
	if asked[security] == "starttls" {
		return client, client.StartTLS(settings)
	}
	return client, nil
}

func login(asked []string) smtp.Auth {
	switch asked[mechanism] {
	case "PLAIN":
		return smtp.PlainAuth("", asked[user], asked[secret], "localhost")
	case "CRAM-MD5":
		return smtp.CRAMMD5Auth(asked[user], asked[secret])
	}
	return nil
}
